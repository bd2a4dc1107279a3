/** `kvproof bench`: is this build slower than that one, measured here and now, side by side; and how figures went over commits. */
import { join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../../base/package-root.js";
import { integerFlag } from "../flags.js";
import type { CompareFlags } from "../bench/compare-builds.js";
import type { TrendFlags } from "../bench/show-trend.js";

const RESULTS = join("runs", "bench");

export function registerBench(program: Command): void {
  const bench = program.command("bench").description("compare the speed of two builds, and of one over its commits");
  bench
    .command("compare")
    .description("interleaved pairs of fresh processes; fails when the candidate is worse by more than 10 %")
    .requiredOption("--baseline <build>", "git ref, checkout or npm tarball")
    .option("--candidate <build>", "git ref, checkout or npm tarball", packageRoot)
    .option("--seed <n>", "seed of the work", integerFlag(0, 0x3fff_ffff), 1)
    .option("--scenario <file>", "runs of this scenario instead of the core's benchmark")
    .option("--max-pairs <n>", "most pairs to measure", integerFlag(10, 50), 40)
    .option("--json <file>", "write the whole result there")
    .option("--results <folder>", "keep measurements and figures there, for trends", RESULTS)
    .action(async (flags: CompareFlags) => (await import("../bench/compare-builds.js")).compareBuildsCommand(flags));
  bench
    .command("trend")
    .description("figures of this machine over commits; warns, never fails")
    .option("--results <folder>", "where results are kept", RESULTS)
    .option("--figure <text>", "only figures whose name contains this")
    .option("--html <file>", "write charts there")
    .action(async (flags: TrendFlags) => (await import("../bench/show-trend.js")).showTrendCommand(flags));
}
