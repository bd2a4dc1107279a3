/**
 * `npm run bench [-- --sample]`: every benchmark of this folder through the whole house, then the receiving path alone. Prints
 * tables, writes `<out>/benchmarks/<time>/bench.json` and `growth.svg`. Exit code 1 = a property was violated, 3 = a threshold
 * was missed, 2 = something was not proven.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sharedAbort } from "../../src/base/async.js";
import { asError, describeError, ExitCode, KvproofError, UsageError } from "../../src/base/errors.js";
import { machineFingerprint, toolIdentity } from "../../src/campaign/machine.js";
import { runCampaign } from "../../src/campaign/run-campaign.js";
import { utcName } from "../../src/campaign/run-directory.js";
import { LocalLabFactory } from "../../src/lab/local/local-lab-factory.js";
import { driverFor } from "../../src/lab/sut/drivers.js";
import { renderCampaign, renderRun } from "../../src/report/render.js";
import { loadRun } from "../../src/report/run-files.js";
import { DEFAULT_DIALECT, DIALECTS } from "../../src/protocol/dialects.js";
import { growthSvg } from "./system/growth-chart.js";
import { type BenchmarkResult, type BenchReport, saveReport, worstExit } from "./system/results.js";
import { reportLines } from "./system/tables.js";
import { overallThresholds } from "./system/thresholds.js";
import { runConsumer } from "./wire/consumer.js";
import { measureWire, type WireReport } from "./wire/measure.js";
import { runPublisher } from "./wire/publisher.js";

const USAGE = "usage: bench [--sample] [--grep <pattern>] [--out <folder>] [--no-wire]";
/** Of the whole scenario; rates and fleets stay as they are. */
const SAMPLES: Readonly<Record<string, number>> = {
  "event-latency": 0.2,
  "throughput-per-pod": 0.4,
  "throughput-system-10": 0.4,
  "throughput-system-50": 0.35,
  "throughput-system-100": 0.35,
  sustained: 12 / 3600,
  burst: 10 / 300,
  "memory-pressure": 0.1,
  "scale-1000": 0.2,
};
const DEFAULT_SAMPLE = 0.2;
const WHOLE_SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const SAMPLED_SIZES = [10_000, 100_000, 1_000_000];

interface Options {
  readonly sample: boolean;
  readonly grep: RegExp;
  readonly out: string;
  readonly wire: boolean;
}

function parseOptions(args: string[]): Options {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean" } as const;
    const { values } = parseArgs({ args, options: { sample: flag, grep: text, out: text, "no-wire": flag } });
    const { sample = false, grep = "", out = "runs" } = values;
    return { sample, grep: new RegExp(grep), out, wire: values["no-wire"] !== true };
  } catch (thrown) {
    throw new UsageError("KVP_E_USAGE", `${asError(thrown).message}; ${USAGE}`);
  }
}

class Bench {
  readonly #options: Options;
  readonly #startedAt = new Date();
  readonly #dir: string;
  readonly #lab: LocalLabFactory;
  readonly #interrupt = sharedAbort();
  readonly #results: BenchmarkResult[] = [];
  #wire: WireReport | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#dir = join(options.out, "benchmarks", utcName(this.#startedAt));
    const dialects = [DEFAULT_DIALECT, ...Object.keys(DIALECTS).filter((name) => name !== DEFAULT_DIALECT)];
    this.#lab = new LocalLabFactory(dialects);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => this.#interrupt.abort());
    process.on("exit", () => this.#lab.killAll());
  }

  async run(files: readonly string[], entry: string): Promise<number> {
    for (const file of files) {
      if (this.#interrupt.signal.aborted) return ExitCode.interrupted;
      this.#results.push(await this.#benchmark(file).catch((thrown: unknown) => failed(file, thrown)));
      saveReport(this.#dir, this.#report());
    }
    if (this.#options.wire && !this.#interrupt.signal.aborted) {
      progress("socket to index …");
      const sizes = this.#options.sample ? SAMPLED_SIZES : WHOLE_SIZES;
      this.#wire = await measureWire(entry, { stepMs: this.#options.sample ? 700 : 5000, sizes });
    }
    const report = this.#report();
    process.stdout.write(`${reportLines(report).join("\n")}\n`);
    saveReport(this.#dir, report);
    writeFileSync(join(this.#dir, "growth.svg"), growthSvg(report));
    process.stdout.write(`\nResults: ${join(this.#dir, "bench.json")}\n`);
    return report.exitCode;
  }

  async #benchmark(file: string): Promise<BenchmarkResult> {
    const name = basename(file, ".yaml");
    const sample = this.#options.sample ? (SAMPLES[name] ?? DEFAULT_SAMPLE) : 1;
    progress(`${name} …`);
    const folder: { path: string } = { path: "" };
    const summary = await runCampaign([file], {
      lab: this.#lab,
      sut: driverFor,
      out: this.#options.out,
      sample,
      concurrency: 1,
      keep: false,
      signal: this.#interrupt.signal,
      observer: { note: progress, campaignEnded: (_, dir) => void (folder.path = dir) },
      render: (dir) => void renderRun(dir),
      renderCampaign: (dir) => void renderCampaign(dir),
    });
    const run = summary.runs[0];
    if (run === undefined) throw new KvproofError("KVP_E_BENCHMARK_FAILED", `${name} did not run: ${summary.headline}`);
    const { judged, dir } = loadRun(join(folder.path, run.dir));
    progress(`${name}: ${run.headline}`);
    return {
      scenario: run.scenario,
      title: run.title,
      verdict: run.verdict,
      exitCode: run.exitCode,
      headline: run.headline,
      engines: judged?.counts.engines ?? 0,
      durationMs: run.durationMs,
      sample,
      dir,
      figures: judged?.figures ?? {},
      thresholds: judged?.thresholds ?? [],
      load: judged?.load ?? [],
      distributions: judged?.distributions ?? [],
    };
  }

  #report(): BenchReport {
    const thresholds = overallThresholds(this.#results, this.#wire);
    const codes = thresholds.map(({ verdict }) => (verdict === "fail" ? 3 : verdict === "unknown" ? 2 : 0));
    return {
      schemaVersion: 1,
      benchmark: "system",
      startedAt: this.#startedAt.toISOString(),
      sampled: this.#options.sample,
      tool: toolIdentity(),
      machine: machineFingerprint(),
      results: this.#results,
      wire: this.#wire,
      thresholds,
      exitCode: worstExit([...this.#results.map(({ exitCode }) => exitCode), ...codes]),
    };
  }
}

/** One that could not run must not cost the others their figures. */
function failed(file: string, thrown: unknown): BenchmarkResult {
  progress(describeError(thrown));
  const scenario = `benchmark/${basename(file, ".yaml")}`;
  const exitCode = thrown instanceof KvproofError ? thrown.exitCode : ExitCode.internal;
  const nothing = {
    engines: 0,
    durationMs: 0,
    sample: 0,
    dir: "",
    figures: {},
    thresholds: [],
    load: [],
    distributions: [],
  };
  return { scenario, title: scenario, verdict: "error", exitCode, headline: asError(thrown).message, ...nothing };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The scenarios beside this program's source, whether it runs from there or from dist/. */
function scenarioFiles({ grep }: Options): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = basename(here) === "dist" ? join(here, "..", "test", "benchmark") : here;
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml") && grep.test(basename(file, ".yaml")));
  return files.sort().map((file) => join(folder, file));
}

const [role, port] = process.argv.slice(2);
if (role === "--wire-publisher") runPublisher();
else if (role === "--wire-consumer") runConsumer(Number(port));
else {
  try {
    const options = parseOptions(process.argv.slice(2));
    process.exitCode = await new Bench(options).run(scenarioFiles(options), fileURLToPath(import.meta.url));
  } catch (thrown) {
    process.stderr.write(`${describeError(thrown)}\n`);
    process.exitCode = thrown instanceof KvproofError ? thrown.exitCode : ExitCode.internal;
  }
  process.exit();
}
