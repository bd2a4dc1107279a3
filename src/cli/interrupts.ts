/** Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends at once. */
import { sharedAbort } from "../base/async.js";
import { ExitCode } from "../base/errors.js";

export interface Interrupts {
  readonly signal: AbortSignal;
  end(): void;
}

/** @param words what the orderly end is, for standard error. */
export function orderlyInterrupts(words: string): Interrupts {
  const abort = sharedAbort();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write(`\n${words}; press Ctrl-C again to end at once\n`);
    abort.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: abort.signal,
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
