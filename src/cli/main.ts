#!/usr/bin/env node
/** The command line. Each command is a file of its own and is loaded only when it runs: an engine must start small. */
import { Command, CommanderError } from "commander";
import { describeError, ExitCode, KvproofError } from "../base/errors.js";
import { packageVersion } from "../base/package-root.js";
import { commands } from "./commands.js";

const program = new Command("kvproof")
  .description("Proves whether a KV-cache-aware router tells the truth.")
  .version(packageVersion)
  .exitOverride()
  .showHelpAfterError("(see kvproof help <command>)");
for (const register of commands) register(program);

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
  } else {
    process.stderr.write(`${describeError(thrown)}\n`);
    if (!(thrown instanceof KvproofError) && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
    process.exitCode = thrown instanceof KvproofError ? thrown.exitCode : ExitCode.internal;
  }
}
