/** `kvproof simulate`: the pure cores on a virtual clock under seeded faults, many seeds, judged; failures are shrunk. */
import type { Command } from "commander";
import { integerFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

export interface SimulateFlags {
  readonly seeds: number;
  readonly first?: number;
  readonly seed?: number;
  /** How many, or true = as many as `seeds`. */
  readonly fresh?: number | true;
  readonly fixed?: number;
  readonly steps: number;
  readonly engines?: number;
  readonly faults?: readonly string[];
  readonly plan?: string;
  readonly workers: number;
  readonly out: string;
  readonly digest?: true;
  readonly json?: true;
}

const MAX_SEED = 0x7fff_ffff;
const MAX_SEEDS = 10_000_000;
const MAX_WORKERS = 256;
const MAX_ENGINES = 200;
const MAX_STEPS = 100_000;

export function registerSimulate(program: Command): void {
  program
    .command("simulate")
    .description("run the engine's and the gateway's cores on a virtual clock under random faults, and judge every run")
    .option("--seeds <n>", "how many seeds", integerFlag(1, MAX_SEEDS), 1000)
    .option("--first <seed>", "the first of them (default 1)", integerFlag(0, MAX_SEED))
    .option("--seed <seed>", "this seed alone", integerFlag(0, MAX_SEED))
    .option(
      "--fresh [n]",
      "n seeds (default: --seeds) from a random one on, which is printed",
      integerFlag(1, MAX_SEEDS),
    )
    .option("--fixed <n>", "the seeds 1 to n; with --fresh both, in one verdict", integerFlag(1, MAX_SEEDS))
    .option("--steps <n>", "things that happen in a run", integerFlag(1, MAX_STEPS), 200)
    .option("--engines <n>", "engines of a run (default: by the seed, 1 to 6)", integerFlag(1, MAX_ENGINES))
    .option("--faults <kinds>", "choose among these kinds only, comma-separated; none = no faults", list)
    .option("--plan <file>", "run this plan (plan.json of a shrunk failure) instead of seeds")
    .option("--workers <n>", "threads", integerFlag(1, MAX_WORKERS), 1)
    .option("--out <folder>", "where shrunk failures go", "runs")
    .option("--digest", "also print a digest of the histories: the same seeds of a revision give the same everywhere")
    .option("--json", "print the result as JSON")
    .action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const interrupt = orderlyInterrupts("interrupted: ending after the present seeds");
  try {
    if (flags.plan === undefined) {
      const { simulateSeeds } = await import("../simulate/simulate-seeds.js");
      process.exitCode = await simulateSeeds(flags, interrupt.signal);
    } else {
      const { simulatePlanFile } = await import("../simulate/simulate-plan-file.js");
      process.exitCode = await simulatePlanFile(flags.plan, flags);
    }
  } finally {
    interrupt.end();
  }
}

function list(text: string): string[] {
  return text === "none" ? [] : text.split(",").map((name) => name.trim());
}
