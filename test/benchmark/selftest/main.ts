/**
 * `npm run bench:selftest -- --rounds <n> [--pairs <most>]`: does the regression gate work on this machine, today? In each round the checkout is
 * compared with itself, which must pass, and with a build whose decoder does a fifth more work, which must fail. Exit code 1 = a
 * wrong verdict, 2 = the machine was too noisy for some, 0 = all were right.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { asError, describeError, ExitCode, KvproofError, UsageError } from "../../../src/base/errors.js";
import { packageRoot } from "../../../src/base/package-root.js";
import type { Build } from "../../../src/bench/build.js";
import { type Comparison, compareBuilds } from "../../../src/bench/compare.js";
import { comparisonLines } from "../../../src/bench/describe.js";
import { measureOnce } from "../../../src/bench/measure.js";
import { DEFAULT_RULES, type GateRules } from "../../../src/judge/regression/gate.js";
import { buildSlowDecode } from "./slow-decode.js";
import { describeTally, exitOf, type Round } from "./tally.js";

const USAGE = "usage: bench:selftest [--rounds <n>] [--pairs <most>] [--seed <n>]";
/** Seeds of one round lie closer together than those of two. */
const SEEDS_PER_ROUND = 10_000;
const MOST_ROUNDS = 100;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly rules: GateRules;
}

function parse(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: "string", default: "10" },
        pairs: { type: "string", default: String(DEFAULT_RULES.maxPairs) },
        seed: { type: "string", default: "1" },
      },
    });
    const [rounds, seed, maxPairs] = [Number(values.rounds), Number(values.seed), Number(values.pairs)];
    const { firstPairs } = DEFAULT_RULES;
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS)
      throw new Error(`--rounds must be an integer from 1 to ${MOST_ROUNDS}, not ${values.rounds}`);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be an integer, not ${values.seed}`);
    if (!Number.isInteger(maxPairs) || maxPairs < firstPairs || maxPairs > DEFAULT_RULES.maxPairs)
      throw new Error(
        `--pairs must be an integer from ${firstPairs} to ${DEFAULT_RULES.maxPairs}, not ${values.pairs}`,
      );
    return { rounds, seed, rules: { ...DEFAULT_RULES, maxPairs } };
  } catch (error) {
    throw new UsageError("KVP_E_USAGE", `${asError(error).message}; ${USAGE}`);
  }
}

async function oneRound(
  builds: Record<"own" | "slow", Build>,
  { seed, rules }: Pick<Options, "seed" | "rules">,
  name: string,
): Promise<Round> {
  const compare = (candidate: Build, what: string, control?: Comparison["control"]) =>
    compareBuilds({
      seed,
      rules,
      ...(control && { control }),
      measure: (side, its) => measureOnce(side === "baseline" ? builds.own : candidate, its, interrupt.signal),
      progress: (line) => process.stderr.write(`${name}, ${what}: ${line}\n`),
    });
  const same = await compare(builds.own, "against itself");
  const slower = await compare(builds.slow, "against a slower decoder", same.control);
  for (const comparison of [same, slower]) process.stdout.write(`${comparisonLines(comparison).join("\n")}\n\n`);
  return { same: same.verdict, slower: slower.verdict };
}

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort());

async function run(): Promise<ExitCode> {
  const { rounds, seed, rules } = parse(process.argv.slice(2));
  const own = { label: "this checkout", entry: join(packageRoot, "dist", "bench-core.js"), commit: null };
  const slow = { label: "a slower decoder", entry: await buildSlowDecode(), commit: null };
  const done: Round[] = [];
  try {
    for (let round = 1; round <= rounds; round++)
      done.push(
        await oneRound({ own, slow }, { seed: seed + round * SEEDS_PER_ROUND, rules }, `round ${round} of ${rounds}`),
      );
  } finally {
    process.stdout.write(`${describeTally(done)}\n`);
  }
  return exitOf(done);
}

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof KvproofError ? error.exitCode : ExitCode.internal;
}
