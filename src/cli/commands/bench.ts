/** `kvproof bench compare`: is this build slower than that one, measured here and now, side by side? */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { asError, ExitCode, KvproofError, UsageError } from "../../base/errors.js";
import { packageRoot } from "../../base/package-root.js";
import { integerFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

interface Flags {
  readonly baseline: string;
  readonly candidate: string;
  readonly seed: number;
  readonly maxPairs: number;
  readonly json?: string;
}

const EXITS = { pass: ExitCode.pass, fail: ExitCode.threshold, inconclusive: ExitCode.inconclusive } as const;
const SCHEMA_VERSION = 1;

export function registerBench(program: Command): void {
  const bench = program.command("bench").description("compare the speed of two builds");
  bench
    .command("compare")
    .description("interleaved pairs of fresh processes; fails when the candidate is worse by more than 10 %")
    .requiredOption("--baseline <build>", "git ref, checkout or npm tarball")
    .option("--candidate <build>", "git ref, checkout or npm tarball", packageRoot)
    .option("--seed <n>", "seed of the work", integerFlag(0, 0x3fff_ffff), 1)
    .option("--max-pairs <n>", "most pairs to measure", integerFlag(10, 50), 40)
    .option("--json <file>", "write the whole result there")
    .action(compare);
}

async function compare(flags: Flags): Promise<void> {
  const { forgetBuild, makeBuild } = await import("../../bench/build.js");
  const { compareBuilds } = await import("../../bench/compare.js");
  const { comparisonLines } = await import("../../bench/describe.js");
  const { measureOnce } = await import("../../bench/measure.js");
  const { DEFAULT_RULES } = await import("../../judge/regression/gate.js");
  const { machineFingerprint, toolIdentity } = await import("../../campaign/machine.js");
  const interrupt = orderlyInterrupts("interrupted: ending the comparison in order");
  const workDir = mkdtempSync(join(tmpdir(), "kvproof-compare-"));
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const place = { repository: packageRoot, workDir, signal: interrupt.signal, progress };
  try {
    const baseline = await makeBuild(flags.baseline, { ...place, name: "baseline" });
    const candidate = await makeBuild(flags.candidate, { ...place, name: "candidate" });
    const builds = { baseline, candidate };
    const comparison = await compareBuilds({
      seed: flags.seed,
      rules: { ...DEFAULT_RULES, maxPairs: flags.maxPairs },
      measure: (side, seed) => measureOnce(builds[side], seed, interrupt.signal),
      progress,
    });
    process.stdout.write(`${comparisonLines(comparison).join("\n")}\n`);
    process.exitCode = EXITS[comparison.verdict];
    const labels = { baseline: baseline.label, candidate: candidate.label };
    const identity = { schemaVersion: SCHEMA_VERSION, tool: toolIdentity(), machine: machineFingerprint(), ...labels };
    if (flags.json !== undefined) write(flags.json, { ...identity, ...comparison });
  } finally {
    interrupt.end();
    for (const name of ["baseline", "candidate"] as const)
      await forgetBuild({ repository: packageRoot, workDir, name });
    rmSync(workDir, { recursive: true, force: true });
  }
}

function write(file: string, result: object): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  } catch (cause) {
    throw cause instanceof KvproofError
      ? cause
      : new UsageError("KVP_E_OUT_UNWRITABLE", `${file}: ${asError(cause).message}`, { cause });
  }
}
