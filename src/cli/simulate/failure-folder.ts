/** A shrunk failure as a run directory: `kvproof judge <dir>` shows the same violation, `kvproof report <dir>` draws it. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineFingerprint, toolIdentity } from "../../campaign/machine.js";
import { programName, quoted } from "../../campaign/repro.js";
import { freshFolder, linkLatest, utcName } from "../../campaign/run-directory.js";
import { HistoryWriter } from "../../judge/history/history-writer.js";
import { RUN_FILES, type RunSummary } from "../../judge/run-summary.js";
import { renderRun } from "../../report/render.js";
import type { MinimalFailure } from "../../simulate/shrink/shrink-failure.js";

export const PLAN_FILE = "plan.json";

export interface FailureFolder {
  readonly dir: string;
  readonly seed: number;
  readonly property: string;
  readonly summary: string;
  /** Revision of the checkout; null = installed as a package. */
  readonly git: string | null;
  /** Repeats the whole run of the seed, and the shrunk one. */
  readonly repro: string;
  readonly reproMinimal: string;
  readonly engines: number;
  readonly happenings: number;
  readonly faults: readonly string[];
  readonly tries: number;
}

/** `repro` = arguments of kvproof that run the seed again. @throws UsageError KVP_E_OUT_UNWRITABLE */
export async function writeFailure(
  failure: MinimalFailure,
  { out, repro }: { readonly out: string; readonly repro: string },
): Promise<FailureFolder> {
  const { plan, report, property, tries } = failure;
  const startedAt = new Date();
  const dir = freshFolder(join(out, "simulate"), `${utcName(startedAt)}-${plan.seed}`);
  linkLatest(dir);
  const writer = new HistoryWriter(join(dir, RUN_FILES.history));
  for (const record of failure.history) writer.append(record);
  await writer.close();
  const json = (name: string, value: unknown): void =>
    writeFileSync(join(dir, name), `${JSON.stringify(value, null, 1)}\n`);
  json(PLAN_FILE, plan);
  json(RUN_FILES.properties, report);
  const program = programName();
  const summary = summaryOf(failure, { dir, startedAt, repro: `${program} ${repro}` });
  json(RUN_FILES.summary, summary);
  writeFileSync(join(dir, RUN_FILES.repro), reproScript(summary.repro));
  chmodSync(join(dir, RUN_FILES.repro), 0o755);
  renderRun(dir);
  return {
    dir,
    seed: plan.seed,
    property,
    summary: report.properties.find(({ id }) => id === property)?.violations[0]?.summary ?? "",
    git: summary.tool.git,
    repro: summary.repro,
    reproMinimal: `${program} simulate --plan ${quoted(join(dir, PLAN_FILE))}`,
    engines: plan.fleet.length,
    happenings: plan.happenings.length,
    faults: plan.faults.map(({ kind, engine }) => `${kind} on ${engine ?? "the gateway"}`),
    tries,
  };
}

function summaryOf(
  { plan, report }: MinimalFailure,
  { dir, startedAt, repro }: { readonly dir: string; readonly startedAt: Date; readonly repro: string },
): RunSummary {
  const tool = toolIdentity();
  const { verdict, exitCode, headline, durationMs } = report;
  return {
    schemaVersion: 1,
    tool,
    scenario: plan.name,
    title: `Shrunk from seed ${plan.seed}`,
    seed: plan.seed,
    sample: 1,
    lab: "simulation",
    sut: { name: "gateway cores", version: tool.version },
    startedAt: startedAt.toISOString(),
    durationMs,
    verdict,
    exitCode,
    headline,
    machine: machineFingerprint(),
    repro,
    dir,
  };
}

function reproScript(repro: string): string {
  return [
    "#!/bin/sh",
    "# Repeats the whole run of the seed.",
    `cd ${quoted(process.cwd())} || exit`,
    `exec ${repro} "$@"`,
    "",
  ].join("\n");
}
