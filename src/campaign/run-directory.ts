/** The folder of one run: where everything about it goes. `<out>/<scenario id>/<utc>-<seed>/`, with a `latest` link beside it. */
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { asError, UsageError } from "../base/errors.js";
import { type MachineFingerprint, RUN_FILES } from "../judge/run-summary.js";
import type { JudgeReport } from "../judge/verdict.js";
import type { Plan } from "./plan/plan.js";
import type { Second } from "./run/live-figures.js";

const MAX_ATTEMPTS = 100;

export class RunDirectory {
  readonly path: string;
  readonly #seconds: string[] = [];

  /** Creates the folder; one that exists already gets a number. */
  constructor(out: string, id: string, name: string) {
    this.path = freshFolder(join(out, ...id.split("/")), name);
    linkLatest(this.path);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The campaign's own records, before ledgers are merged in. */
  get records(): string {
    return this.file("records.ndjson");
  }
  get ledgers(): string {
    return this.file("ledger");
  }

  /** `repro`: a shell script that repeats the run. */
  begin(plan: Plan, machine: MachineFingerprint, repro: string): void {
    writeFileSync(this.file(RUN_FILES.config), stringify(plan, { lineWidth: 140 }));
    const environment = { machine, argv: process.argv.slice(2), cwd: process.cwd(), versions: process.versions };
    this.#json(RUN_FILES.environment, environment);
    writeFileSync(this.file(RUN_FILES.repro), repro);
    chmodSync(this.file(RUN_FILES.repro), 0o755);
  }

  second(second: Second): void {
    this.#seconds.push(`${JSON.stringify(second)}\n`);
  }

  writeSeries(): void {
    writeFileSync(this.file(RUN_FILES.metrics), this.#seconds.join(""));
  }

  writeVerdict(report: JudgeReport): void {
    this.#json(RUN_FILES.properties, report);
    const histograms = report.distributions.map(({ measure, count, hdr }) => [measure, { unit: "us", count, hdr }]);
    this.#json(RUN_FILES.hdr, Object.fromEntries(histograms));
  }

  writeSummary(summary: unknown): void {
    this.#json(RUN_FILES.summary, summary);
  }

  /** What the history now contains. */
  dropSources(): void {
    rmSync(this.records, { force: true });
    rmSync(this.ledgers, { recursive: true, force: true });
  }

  #json(name: string, value: unknown): void {
    writeFileSync(this.file(name), `${JSON.stringify(value, null, 1)}\n`);
  }
}

/** `20261123T101502Z`: sorts by time and needs no quoting anywhere. */
export function utcName(date: Date): string {
  return date.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** @throws UsageError KVP_E_OUT_UNWRITABLE */
export function freshFolder(parent: string, name: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const path = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
      if (createdHere(path)) return path;
    }
  } catch (cause) {
    const message = `${join(parent, name)} cannot be created: ${asError(cause).message}`;
    throw new UsageError("KVP_E_OUT_UNWRITABLE", message, { cause });
  }
  throw new UsageError("KVP_E_OUT_UNWRITABLE", `${join(parent, name)} exists, ${MAX_ATTEMPTS} times over`);
}

/** False when it exists already: another run, perhaps of another process, took the name. */
function createdHere(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
}

/** `latest` beside the folder points to it; replaced in one step, so that a reader never finds it missing. */
export function linkLatest(folder: string): void {
  const link = join(dirname(folder), "latest");
  const fresh = `${link}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(basename(folder), fresh);
  renameSync(fresh, link);
}
