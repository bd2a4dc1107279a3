import { describe, expect, it } from "vitest";
import { EmitTimes } from "./emit-times.js";

/** Batches 0, 1, 2… emitted at 10, 20, 30…, and what a ring of `ring` then keeps. */
function after(
  batches: number,
  ring: number,
  times = new EmitTimes(),
): [outside: number | undefined, kept: number | undefined] {
  for (let n = 1; n <= batches; n++) times.note(n * 10, ring);
  return [times.newestOutside(ring), times.oldestKept(ring)];
}

describe("EmitTimes", () => {
  it("knows what a ring of three keeps and what it has just lost, before, when and after it is full", () => {
    expect([0, 2, 3, 4, 5, 100].map((batches) => after(batches, 3))).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, 10],
      [10, 20],
      [20, 30],
      [970, 980],
    ]);
  });

  it("knows that nothing is kept where there is no ring", () => {
    expect(after(0, 0)).toEqual([undefined, undefined]);
    expect(after(4, 0)[0]).toBe(40);
  });

  it("begins again with a new life", () => {
    const times = new EmitTimes();
    after(50, 2, times);
    times.restart();
    expect([times.newestOutside(2), times.oldestKept(2)]).toEqual([undefined, undefined]);
    expect(after(3, 2, times)).toEqual([10, 20]);
  });

  it("keeps account of rings up to 65,535 batches and of none that is larger", () => {
    expect(after(65_536, 65_535)).toEqual([10, 20]);
    expect(after(65_600, 65_536)).toEqual([undefined, undefined]);
    expect(after(10, Number.POSITIVE_INFINITY)).toEqual([undefined, undefined]);
  });
});
