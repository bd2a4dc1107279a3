import { describe, expect, it } from "vitest";
import { IntervalLog } from "./interval-log.js";

/** The chain of intervals from `newest` back, as far as the log reaches. */
function chain(log: IntervalLog, newest: number): [number, number][] {
  const found: [number, number][] = [];
  for (let n = newest; n >= 0 && log.has(n); n = log.previous(n)) found.push([log.since(n), log.until(n)]);
  return found;
}

describe("IntervalLog", () => {
  it("keeps the intervals of several blocks apart, newest first, through its growth", () => {
    const log = new IntervalLog();
    const newest = [-1, -1];
    const expected: [number, number][][] = [[], []];
    for (let n = 0; n < 200; n++) {
      const block = n % 3 === 0 ? 1 : 0;
      newest[block] = log.push(n, n + 0.5, newest[block] as number);
      expected[block]?.unshift([n, n + 0.5]);
    }
    expect(newest.map((n) => chain(log, n))).toEqual(expected);
  });

  it("forgets what ended before the horizon, not what ended at it, and never what is still to come", () => {
    const log = new IntervalLog();
    let last = -1;
    for (let n = 0; n < 5; n++) last = log.push(n * 10, n * 10 + 5, last);
    log.forget(25);
    expect(chain(log, last)).toEqual([
      [40, 45],
      [30, 35],
      [20, 25],
    ]);
    log.forget(1000);
    expect(chain(log, last)).toEqual([]);
    expect(chain(log, log.push(50, 55, last))).toEqual([[50, 55]]);
  });

  it("stays exact while thousands pass through and a few are remembered", () => {
    const log = new IntervalLog();
    let last = -1;
    for (let n = 0; n < 5000; n++) {
      last = log.push(n, n, last);
      log.forget(n - 99);
    }
    expect(chain(log, last)).toEqual(Array.from({ length: 100 }, (_, back) => [4999 - back, 4999 - back]));
  });

  it("grows in the middle of its ring without mixing old and new", () => {
    const log = new IntervalLog();
    let last = -1;
    for (let n = 0; n < 150; n++) {
      last = log.push(n, n, last);
      if (n < 90) log.forget(n - 9);
    }
    expect(chain(log, last).map(([since]) => since)).toEqual(Array.from({ length: 70 }, (_, back) => 149 - back));
  });
});
