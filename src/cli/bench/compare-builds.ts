/** What `kvproof bench compare` does: two builds, their comparison, and what is kept of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedAbort } from "../../base/async.js";
import { ExitCode } from "../../base/errors.js";
import { packageRoot } from "../../base/package-root.js";
import { type Build, forgetBuild, makeBuild } from "../../bench/build.js";
import { type Comparison, compareBuilds } from "../../bench/compare.js";
import { comparisonLines } from "../../bench/describe.js";
import { measureOnce, METRICS } from "../../bench/measure.js";
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
  let comparison: Comparison;
  try {
    comparison = await compareBuilds({
      seed: flags.seed,
      rules: { ...DEFAULT_RULES, maxPairs: flags.maxPairs },
      measure: async (side, seed) => {
        const sample = await measureOnce(builds[side], seed, signal);
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
  const result = { benchmark: "compare", ...started, machine, figures: figuresOf(comparison, record) };
  if (comparison.verdict !== "inconclusive") storeResult(flags.results, result);
  for (const line of warningsOf(flags.results, machine)) progress(line);
  process.exitCode = EXITS[comparison.verdict];
}

/** The candidate's medians, for trends. */
function figuresOf({ metrics }: Comparison, { samples }: SessionRecord): StoredResult["figures"] {
  const work = samples.filter(({ side }) => side === "candidate").length;
  return METRICS.flatMap(({ id, unit, better }) => {
    const value = metrics.find(({ metric }) => metric === id)?.candidate ?? null;
    return value === null ? [] : [{ name: id, unit, better, value, work }];
  });
}

/** Against what this machine measured before: the baseline itself may have become slow, or the machine. */
function warningsOf(results: string, machine: StoredResult["machine"]): string[] {
  const own = readResults(results, machine).results.filter(({ benchmark }) => benchmark === "compare");
  return trendsOf(own)
    .filter(({ warning }) => warning)
    .map(
      ({ name, worse, usual, unit }) =>
        `warning: ${name} is ${((worse ?? 0) * 100).toFixed(0)} % worse than this machine's usual ${usual?.toPrecision(3)} ${unit}; see kvproof bench trend`,
    );
}
