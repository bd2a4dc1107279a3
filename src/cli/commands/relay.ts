/** `kvproof relay`: the local lab's relay between engines and their consumers, started by the lab itself. */
import type { Command } from "commander";

export function registerRelay(program: Command): void {
  program
    .command("relay", { hidden: true })
    .description("relay of the local lab; takes commands on standard input")
    .requiredOption("--seed <n>", "seed of delays and losses", Number)
    .action(async ({ seed }: { seed: number }) => {
      const { runRelay } = await import("../../lab/local/relay/main.js");
      await runRelay(seed);
    });
}
