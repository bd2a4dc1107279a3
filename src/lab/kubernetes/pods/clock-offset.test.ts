import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../base/clock.js";
import { measureClock } from "./clock-offset.js";
import { shiftTimes } from "./ledger-mirror.js";

/** A pod whose clock is ahead by `aheadNs`, and that answers after `thereMs` and `backMs`. */
function aPod(clock: ManualClock, aheadNs: number, ways: readonly (readonly [number, number])[]) {
  let call = 0;
  return async () => {
    const [thereMs, backMs] = ways[call++ % ways.length] ?? [0, 0];
    clock.advanceMs(thereMs);
    const monotonicNs = clock.nowNs() + aheadNs;
    clock.advanceMs(backMs);
    return { monotonicNs, bootId: "theirs" };
  };
}

describe("the clock of a pod", () => {
  it("is the runner's own on the same kernel, exactly, however long the answer takes", async () => {
    const clock = new ManualClock();
    const read = async () => {
      clock.advanceMs(50);
      return { monotonicNs: clock.nowNs() - 7, bootId: "ours" };
    };
    expect(await measureClock(read, clock, "ours")).toEqual({ offsetNs: 0, uncertaintyNs: 0 });
  });

  it("is measured elsewhere: the truth lies within what it says of its own error, even over a lopsided way", async () => {
    const clock = new ManualClock(5e9);
    const ahead = 123_456_789_000;
    const { offsetNs, uncertaintyNs } = await measureClock(
      aPod(clock, ahead, [
        [9, 1],
        [3, 0.5],
        [40, 40],
      ]),
      clock,
      "ours",
    );
    expect(uncertaintyNs).toBe(1.75e6);
    expect(Math.abs(offsetNs + ahead)).toBeLessThanOrEqual(uncertaintyNs);
  });

  it("of a kernel that cannot be told apart is measured, too", async () => {
    const clock = new ManualClock();
    const { uncertaintyNs } = await measureClock(aPod(clock, 0, [[1, 1]]), clock, null);
    expect(uncertaintyNs).toBe(1e6);
  });
});

describe("a ledger from another clock", () => {
  it("is told in the runner's time, and unchanged otherwise", () => {
    const line = '{"engine":"m/1","epoch":1,"rank":0,"seq":0,"at_ns":1000,"changes":[]}\n';
    expect(shiftTimes(line + line, -250)).toBe(line.replace("1000", "750").repeat(2));
  });
});
