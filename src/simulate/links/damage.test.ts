import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { damaged } from "./damage.js";

describe("damage on the way", () => {
  it("leaves the publisher's own bytes as they were, Buffers included", () => {
    for (const original of [Buffer.from([0x93, 1, 2, 3]), Uint8Array.of(0x93, 1, 2, 3)]) {
      for (let seed = 1; seed <= 20; seed++) {
        const bytes = damaged(original, new Rng(seed));
        expect(bytes.length < original.length || bytes[0] === 0xc1).toBe(true);
        expect([...original]).toEqual([0x93, 1, 2, 3]);
      }
    }
  });
});
