#!/usr/bin/env node
/** The command line. Each command is a file of its own and is loaded only when it runs: an engine must start small. */
import { Command, CommanderError } from "commander";
import { ExitCode } from "../base/errors.js";
import { packageVersion } from "../base/package-root.js";
import { commands } from "./commands.js";
import { endingOf, usageLine } from "./ending.js";

/** Node's own answer to what nobody catches is exit code 1, which here would say that a property was violated. */
function end(thrown: unknown): never {
  const { exitCode, text } = endingOf(thrown);
  process.stderr.write(text);
  process.exit(exitCode);
}
process.on("uncaughtException", end);

// Whoever reads our output may stop reading (`| head`); the verdict and the exit code stay what they are.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") end(error);
  });
}

const program = new Command("kvproof")
  .description("Proves whether a KV-cache-aware router tells the truth.")
  .version(packageVersion)
  .configureOutput({ outputError: (complaint, write) => write(usageLine(complaint)) })
  .exitOverride();
for (const register of commands) register(program);

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
  else end(thrown);
}
