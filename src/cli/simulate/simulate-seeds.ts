/** Many seeds: progress on standard error, the result on standard output, a folder for each shrunk failure. */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean } from "../../base/did-you-mean.js";
import { ExitCode, UnavailableError, UsageError } from "../../base/errors.js";
import { packageRoot } from "../../base/package-root.js";
import { loadHashes } from "../../engine/cache/hash-functions.js";
import { LiveLine } from "../../report/console/live-line.js";
import { type PoolOptions, runSeeds, type SeedRange } from "../../simulate/campaign/seed-pool.js";
import { Tally } from "../../simulate/campaign/tally.js";
import { SIM_FAULT_KINDS, type SimFaultKind } from "../../simulate/plan/fault-kinds.js";
import { DEFAULT_STEPS, makePlan, type SimOptions } from "../../simulate/plan/make-plan.js";
import { shrinkFailure } from "../../simulate/shrink/shrink-failure.js";
import type { SimulateFlags } from "../commands/simulate.js";
import { type FailureFolder, writeFailure } from "./failure-folder.js";
import { failureLines, summaryLines } from "./lines.js";

/** The first seeds also load the programs: they say little about how long all will take. */
const TELLING_SEEDS = 50;
/** Failing seeds that are shrunk and written; the others are listed. */
const MAX_SHRUNK = 3;
/** Fresh seeds leave the low ones, which everybody runs, alone. */
const FIRST_FRESH = 1_000_000;
const EXITS = { pass: ExitCode.pass, fail: ExitCode.violated, unknown: ExitCode.inconclusive } as const;

export async function simulateSeeds(flags: SimulateFlags, signal: AbortSignal): Promise<ExitCode> {
  const sim = optionsOf(flags);
  const ranges = rangesOf(flags);
  const hashes = await loadHashes("sha256_cbor");
  const live = new LiveLine();
  const tally = new Tally();
  const startedMs = performance.now();
  const fresh = flags.fresh === undefined ? undefined : ranges.at(-1);
  if (fresh) live.print(`fresh seeds from ${fresh.first}: repeat with --first ${fresh.first} --seeds ${fresh.count}`);
  const onResult = showing(live, tally, ranges, startedMs);
  for (const range of ranges) {
    const pool = { sim: { ...sim, digest: flags.digest === true }, hashes, onResult, signal };
    await runSeeds(range, flags.workers, workerEntry(), pool);
  }
  const summary = tally.summary(ranges, performance.now() - startedMs);
  const folders: FailureFolder[] = [];
  for (const { seed, violations } of summary.failing.slice(0, MAX_SHRUNK)) {
    const property = violations[0]?.property ?? "";
    live.update({ scenario: `seed ${seed}`, index: 1, total: 1, phase: "shrinking", elapsedMs: 0, expectedMs: null });
    const minimal = await shrinkFailure(makePlan(seed, sim), property, hashes, signal);
    folders.push(await writeFailure(minimal, { out: flags.out, repro: reproArguments(seed, sim, flags.steps) }));
  }
  live.end();
  const lines = [...summaryLines(summary), ...folders.flatMap(failureLines)];
  process.stdout.write(flags.json ? `${JSON.stringify({ ...summary, folders })}\n` : `${lines.join("\n")}\n`);
  return summary.interrupted ? ExitCode.interrupted : EXITS[summary.verdict];
}

/** Counts each result and shows how far it is. */
function showing(
  live: LiveLine,
  tally: Tally,
  ranges: readonly SeedRange[],
  startedMs: number,
): PoolOptions["onResult"] {
  const total = ranges.reduce((sum, { count }) => sum + count, 0);
  return (result) => {
    tally.add(result);
    const { seeds, failed } = tally;
    const elapsedMs = performance.now() - startedMs;
    const phase = failed === 0 ? "no violation" : `${failed} seeds violate a property`;
    const expectedMs = seeds < TELLING_SEEDS ? null : (elapsedMs / seeds) * total;
    live.update({ scenario: `seed ${result.seed}`, index: seeds, total, phase, elapsedMs, expectedMs });
    if (result.violations.length > 0 && failed <= MAX_SHRUNK) {
      live.print(`seed ${result.seed}: ${result.violations.map(({ property }) => property).join(", ")} violated`);
    }
  };
}

function rangesOf({ seed, first, fresh, fixed, seeds }: SimulateFlags): SeedRange[] {
  const chosen = [seed, first, fixed ?? fresh].filter((given) => given !== undefined);
  if (chosen.length > 1) {
    throw new UsageError("KVP_E_USAGE", "--seed, --first and --fixed or --fresh exclude each other");
  }
  if (seed !== undefined) return [{ first: seed, count: 1 }];
  if (fixed === undefined && fresh === undefined) return [{ first: first ?? 1, count: seeds }];
  return [
    ...(fixed === undefined ? [] : [{ first: 1, count: fixed }]),
    ...(fresh === undefined
      ? []
      : [{ first: randomInt(FIRST_FRESH, 0x7000_0000), count: fresh === true ? seeds : fresh }]),
  ];
}

function optionsOf({ steps, engines, faults }: SimulateFlags): SimOptions {
  const unknown = faults?.find((kind) => !(SIM_FAULT_KINDS as readonly string[]).includes(kind));
  if (unknown !== undefined) {
    throw new UsageError(
      "KVP_E_USAGE",
      `no fault of the simulation is called "${unknown}"${didYouMean(unknown, SIM_FAULT_KINDS)}`,
    );
  }
  return {
    steps,
    ...(engines === undefined ? {} : { engines }),
    ...(faults === undefined ? {} : { faults: faults as readonly SimFaultKind[] }),
  };
}

function reproArguments(seed: number, { engines, faults }: SimOptions, steps: number): string {
  return [
    `simulate --seed ${seed}`,
    ...(steps === DEFAULT_STEPS ? [] : [`--steps ${steps}`]),
    ...(engines === undefined ? [] : [`--engines ${engines}`]),
    ...(faults === undefined ? [] : [`--faults ${faults.length === 0 ? "none" : faults.join(",")}`]),
  ].join(" ");
}

/** Beside the program that runs, so that its threads have the same code in them. */
function workerEntry(): string {
  const beside = fileURLToPath(new URL("simulate-worker.js", import.meta.url));
  const entry = existsSync(beside) ? beside : join(packageRoot, "dist", "simulate-worker.js");
  if (!existsSync(entry)) throw new UnavailableError("KVP_E_NOT_BUILT", `${entry} does not exist`);
  return entry;
}
