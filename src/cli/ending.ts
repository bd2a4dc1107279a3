/** How the command line ends when something was thrown: one line for people, an exit code for scripts. */
import { asError, describeError, ExitCode, KvproofError, UsageError } from "../base/errors.js";

export interface Ending {
  readonly exitCode: ExitCode;
  /** For standard error. A defect of ours brings its stack along. */
  readonly text: string;
}

export function endingOf(thrown: unknown): Ending {
  const known = thrown instanceof KvproofError && thrown.code !== "KVP_E_INTERNAL";
  const stack = known ? "" : `${asError(thrown).stack ?? ""}\n`;
  return {
    exitCode: thrown instanceof KvproofError ? thrown.exitCode : ExitCode.internal,
    text: `${describeError(thrown)}\n${stack}`,
  };
}

/** The argument parser's complaint in the form of all our errors: `error: …\n(Did you mean …?)` becomes one line with a code. */
export function usageLine(complaint: string): string {
  const fact = complaint
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\(Did you mean/, " (did you mean");
  return `${describeError(new UsageError("KVP_E_USAGE", fact))}\n`;
}
