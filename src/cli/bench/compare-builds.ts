/** What `kvproof bench compare` does: two builds, their comparison, and what is kept of it. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { sharedAbort } from "../../base/async.js";
import { ExitCode, UsageError } from "../../base/errors.js";
import { packageRoot } from "../../base/package-root.js";
import { type Build, forgetBuild, makeBuild } from "../../bench/build.js";
import { type Comparison, compareBuilds } from "../../bench/compare.js";
import { comparisonLines } from "../../bench/describe.js";
import { measureOnce, type Metric, METRICS, type Sample } from "../../bench/measure.js";
import { measureScenario, SCENARIO_METRICS } from "../../bench/measure-scenario.js";
import { writeResult } from "../../bench/result-file.js";
import { SessionRecord } from "../../bench/session-record.js";
import { readResults, resultName, resultsFolder, type StoredResult, storeResult } from "../../bench/stored-results.js";
import { trendsOf } from "../../bench/trend.js";
import { machineFingerprint, toolIdentity } from "../../campaign/machine.js";
import { DEFAULT_RULES } from "../../judge/regression/gate.js";

export interface CompareFlags {
  readonly baseline: string;
  readonly candidate: string;
  readonly seed: number;
  readonly maxPairs: number;
  readonly results: string;
  readonly json?: string;
  readonly scenario?: string;
}

const EXITS = { pass: ExitCode.pass, fail: ExitCode.threshold, inconclusive: ExitCode.inconclusive } as const;
const SCHEMA_VERSION = 2;

export async function compareBuildsCommand(flags: CompareFlags): Promise<void> {
  const interrupt = sharedAbort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());
  const workDir = mkdtempSync(join(tmpdir(), "kvproof-compare-"));
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const place = { repository: packageRoot, workDir, signal: interrupt.signal, progress };
  try {
    const baseline = await makeBuild(flags.baseline, { ...place, name: "baseline" });
    const candidate = await makeBuild(flags.candidate, { ...place, name: "candidate" });
    await compareMade({ baseline, candidate }, flags, interrupt.signal, progress);
  } finally {
    for (const name of ["baseline", "candidate"] as const)
      await forgetBuild({ repository: packageRoot, workDir, name });
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function compareMade(
  builds: Readonly<Record<"baseline" | "candidate", Build>>,
  flags: CompareFlags,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  const started = { startedAt: new Date().toISOString(), commit: builds.candidate.commit };
  const machine = { ...machineFingerprint() };
  const record = new SessionRecord(
    join(resultsFolder(flags.results, machine), `${resultName(started)}.samples.ndjson`),
  );
  const { metrics, measure } = unitOf(flags, signal);
  let comparison: Comparison;
  try {
    comparison = await compareBuilds({
      seed: flags.seed,
      rules: { ...DEFAULT_RULES, maxPairs: flags.maxPairs },
      metrics,
      measure: async (side, seed) => {
        const sample = await measure(builds[side], seed);
        record.add({ side, seed, sample });
        return sample;
      },
      progress,
    });
  } catch (thrown) {
    if (record.samples.length > 0) progress(`${record.samples.length} measurements so far: ${record.file}`);
    throw thrown;
  }
  process.stdout.write(`${comparisonLines(comparison).join("\n")}\n`);
  const labels = { baseline: builds.baseline.label, candidate: builds.candidate.label };
  const whole = { schemaVersion: SCHEMA_VERSION, tool: toolIdentity(), machine, ...started, ...labels, ...comparison };
  if (flags.json !== undefined) writeResult(flags.json, `${JSON.stringify(whole, null, 1)}\n`);
  if (record.failure !== null) throw record.failure;
  const benchmark = flags.scenario === undefined ? "compare" : `compare-${basename(flags.scenario, ".yaml")}`;
  const result = { benchmark, ...started, machine, figures: figuresOf(comparison, record, metrics) };
  if (comparison.verdict !== "inconclusive") storeResult(flags.results, result);
  for (const line of warningsOf(flags.results, machine, benchmark)) progress(line);
  process.exitCode = EXITS[comparison.verdict];
}

interface Unit {
  readonly metrics: readonly Metric[];
  readonly measure: (build: Build, seed: number) => Promise<Sample>;
}
/** The core's benchmark, or a whole run of a scenario. */
function unitOf({ scenario }: CompareFlags, signal: AbortSignal): Unit {
  if (scenario === undefined) return { metrics: METRICS, measure: (build, seed) => measureOnce(build, seed, signal) };
  if (!existsSync(scenario)) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${scenario} does not exist`);
  return { metrics: SCENARIO_METRICS, measure: (build, seed) => measureScenario(build, scenario, seed, signal) };
}

/** The candidate's medians, for trends. */
function figuresOf(
  { metrics }: Comparison,
  { samples }: SessionRecord,
  declared: readonly Metric[],
): StoredResult["figures"] {
  const work = samples.filter(({ side }) => side === "candidate").length;
  return declared.flatMap(({ id, unit, better }) => {
    const value = metrics.find(({ metric }) => metric === id)?.candidate ?? null;
    return value === null ? [] : [{ name: id, unit, better, value, work }];
  });
}

/** Against what this machine measured before: the baseline itself may have become slow, or the machine. */
function warningsOf(results: string, machine: StoredResult["machine"], benchmark: string): string[] {
  const own = readResults(results, machine).results.filter((result) => result.benchmark === benchmark);
  return trendsOf(own)
    .filter(({ warning }) => warning)
    .map(
      ({ name, worse, usual, unit }) =>
        `warning: ${name} is ${((worse ?? 0) * 100).toFixed(0)} % worse than this machine's usual ${usual?.toPrecision(3)} ${unit}; see kvproof bench trend`,
    );
}
