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
    const out: number[] = [];
    for (let seq = 0; seq < 50_000; seq++) {
      held.add(seq, new Uint8Array([seq & 255, seq >> 8]));
      if (held.count > 5) out.push(new DataView(held.shift().buffer).getUint16(0, true));
    }
    expect(out).toEqual(Array.from({ length: 49_995 }, (_, seq) => seq));
    expect([held.count, held.firstSeq, held.lastSeq, held.bytes]).toEqual([5, 49_995, 49_999, 10]);
  });

  it("are none, of no bytes and without numbers, before the first, after the last, and when they are forgotten", () => {
    const held = new HeldBatches(10, 100);
    const seen = (): number[] => [held.count, held.bytes, held.firstSeq, held.lastSeq];
    expect(seen()).toEqual([0, 0, -1, -1]);
    for (const seq of [4, 2, 9]) held.add(seq, new Uint8Array(seq));
    expect(seen()).toEqual([3, 15, 2, 9]);
    held.shift();
    expect(seen()).toEqual([2, 13, 4, 9]);
    expect([held.clear(), ...seen()]).toEqual([2, 0, 0, -1, -1]);
    held.add(7, new Uint8Array(1));
    expect([held.shift().length, ...seen()]).toEqual([1, 0, 0, -1, -1]);
  });

  it("take one that comes before all that are left once earlier ones have gone", () => {
    const held = new HeldBatches(10, 100);
    for (const seq of [5, 6, 7]) held.add(seq, new Uint8Array([seq]));
    held.shift();
    expect([held.add(3, new Uint8Array([3])), held.add(6, new Uint8Array([6]))]).toEqual(["held", "duplicate"]);
    expect([held.shift(), held.shift(), held.shift()].map(([seq]) => seq)).toEqual([3, 6, 7]);
  });
});
