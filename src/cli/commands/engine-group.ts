/** `kvproof engine-group`: many engines in one process, started by the local lab (`engines_per_process` of a scenario). */
import { Command } from "commander";
import type { EngineOptions } from "../../engine/engine-options.js";
import { engineCommand } from "./engine.js";

export function registerEngineGroup(program: Command): void {
  program
    .command("engine-group", { hidden: true })
    .description("many engines in one process; takes commands on standard input")
    .action(async () => {
      const { runEngineGroup } = await import("../../engine/engine-group.js");
      await runEngineGroup(parseEngine);
      // As with one engine: threads of libzmq would hold the process.
      process.exit(0);
    });
}

/** The arguments of `kvproof engine`. @throws CommanderError or UsageError for wrong ones. */
async function parseEngine(args: readonly string[]): Promise<EngineOptions> {
  return new Promise((resolve, reject) => {
    const command = engineCommand(new Command().exitOverride(), async (options) => resolve(options)).exitOverride();
    command.parseAsync([...args], { from: "user" }).catch(reject);
  });
}
