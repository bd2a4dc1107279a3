/** Values of flags that several commands share. The argument parser puts the flag's name before what is thrown. */
import { InvalidArgumentError } from "commander";
import { durationMs } from "../base/duration-text.js";

/** `250ms`, `3s`, `1.5m`, `1h` → milliseconds. */
export function durationFlag(text: string): number {
  const ms = durationMs(text);
  // Node's timers end at 2^31 ms.
  if (ms > 0 && ms < 2 ** 31) return ms;
  throw new InvalidArgumentError("It must be a duration with its unit, such as 250ms, 3s or 10m.");
}

export function integerFlag(low: number, high = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} up` : `from ${low} to ${high}`;
    throw new InvalidArgumentError(`It must be an integer ${range}.`);
  };
}

/** For a flag that may be given several times. */
export function repeated(text: string, before: readonly string[]): string[] {
  return [...before, text];
}
