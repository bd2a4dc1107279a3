import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeldBatches } from "./held-batches.js";

describe("held batches", () => {
  it("come back in order, once, whatever the order of arrival", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 })), fc.integer({ min: 0, max: 20 }), (arrivals, early) => {
        const held = new HeldBatches(1000, 1e6);
        const expected = new Set<number>();
        for (const seq of arrivals) {
          expect(held.add(seq, new Uint8Array([seq]))).toBe(expected.has(seq) ? "duplicate" : "held");
          expected.add(seq);
        }
        const out: number[] = [];
        for (let i = 0; i < early && held.count > 0; i++) out.push(held.shift()[0] as number);
        while (held.count > 0) {
          expect(held.firstSeq).toBeLessThanOrEqual(held.lastSeq);
          out.push(held.shift()[0] as number);
        }
        expect(out).toEqual([...expected].sort((a, b) => a - b));
        expect(held.bytes).toBe(0);
      }),
    );
  });

  it("refuses what goes over its limits", () => {
    const held = new HeldBatches(3, 10);
    expect(held.add(1, new Uint8Array(8))).toBe("held");
    expect(held.add(2, new Uint8Array(3))).toBe("full");
    expect(held.add(2, new Uint8Array(1))).toBe("held");
    expect(held.add(3, new Uint8Array(1))).toBe("held");
    expect(held.add(4, new Uint8Array(0))).toBe("full");
  });

  it("stays small while thousands pass through", () => {
    const held = new HeldBatches(10, 1e6);
    for (let seq = 0; seq < 50_000; seq++) {
      held.add(seq, new Uint8Array([1]));
      if (held.count > 5) held.shift();
    }
    expect(held.count).toBe(5);
    expect(held.firstSeq).toBe(49_995);
  });
});
