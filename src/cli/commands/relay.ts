/** `kvproof relay`: the lab's relay between engines and their consumers, started by the lab itself. */
import type { Command } from "commander";
import { integerFlag } from "../flags.js";

export function registerRelay(program: Command): void {
  program
    .command("relay", { hidden: true })
    .description("relay of the lab; takes commands on standard input")
    .requiredOption("--seed <n>", "seed of delays and losses", Number)
    .option(
      "--control-port <port>",
      "takes commands here, from whoever knows KVPROOF_LAB_TOKEN",
      integerFlag(1, 65_535),
    )
    .action(async ({ seed, controlPort }: { seed: number; controlPort?: number }) => {
      const { runRelay } = await import("../../lab/local/relay/main.js");
      const token = process.env.KVPROOF_LAB_TOKEN ?? "";
      await runRelay({ seed, ...(controlPort === undefined ? {} : { control: { port: controlPort, token } }) });
    });
}
