import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StringCache } from "./string-cache.js";
import { codeOf } from "./test-events.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("StringCache", () => {
  it("never gives the text of other bytes, also when names share a slot or exceed its length", () => {
    const cache = new StringCache();
    const anyName = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "é", "\0", "\ufeff"), maxLength: 5 }),
      fc.string({ unit: "grapheme", maxLength: 90 }),
    );
    fc.assert(
      fc.property(fc.array(anyName, { maxLength: 30 }), (names) => {
        for (const name of names) {
          const bytes = bytesOf(`<${name}>`);
          expect(cache.get(bytes, 1, bytes.length - 2)).toBe(name);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("keeps its own copy: later bytes in the same buffer do not change a name", () => {
    const cache = new StringCache();
    const bytes = bytesOf("GPU");
    expect(cache.get(bytes, 0, 3)).toBe("GPU");
    bytes.set(bytesOf("CPU"));
    expect(cache.get(bytes, 0, 3)).toBe("CPU");
    expect(cache.get(bytesOf("GPU"), 0, 3)).toBe("GPU");
  });

  it("refuses what is not UTF-8 instead of replacing it: two names would become one", () => {
    for (const hex of ["ff", "c3", "eda080", "f8808080"]) {
      const bytes = new Uint8Array(Buffer.from(hex, "hex"));
      expect(codeOf(() => new StringCache().get(bytes, 0, bytes.length))).toBe("KVP_E_MSGPACK_INVALID");
    }
  });
});
