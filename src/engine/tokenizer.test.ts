import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampler, syntheticTokens } from "./sampler.js";
import { RESERVED_TOKENS, Tokenizer } from "./tokenizer.js";

const tokenizer = new Tokenizer(32_000);
const tokenId = fc.integer({ min: 0, max: 31_999 });

describe("word tokenizer", () => {
  it("gives tokens back unchanged after a round trip through text: a follow-up turn hits what the first one cached", () => {
    fc.assert(
      fc.property(fc.array(tokenId), (tokens) => {
        expect([...tokenizer.encode(tokenizer.decode(tokens))]).toEqual(tokens);
      }),
    );
  });

  it("keeps every word within the vocabulary and off the reserved ids", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const token of tokenizer.encode(`x${text}`)) expect(token).toBeLessThan(32_000);
      }),
    );
    expect(tokenizer.encode("hello world")[0]).toBeGreaterThanOrEqual(RESERVED_TOKENS);
    expect(tokenizer.encode("w40000")[0]).toBeLessThan(32_000);
  });

  it("gives equal prefixes to conversations that begin alike", () => {
    const turn = { role: "user", content: "w10 w11" };
    const longer = [turn, { role: "assistant", content: "w12" }, { role: "user", content: "w13" }];
    expect([...tokenizer.encodeChat([turn])]).toEqual([0, 10, 11]);
    expect([...tokenizer.encodeChat(longer)]).toEqual([0, 10, 11, 2, 12, 0, 13]);
  });
});

describe("sampler", () => {
  it("answers a prompt the same way on every engine with the same seed", () => {
    fc.assert(
      fc.property(fc.array(tokenId, { minLength: 1 }), fc.nat(), fc.nat({ max: 500 }), (prompt, seed, index) => {
        const token = sampler(prompt, seed, 32_000)(index);
        expect(sampler([...prompt], seed, 32_000)(index)).toBe(token);
        expect(token).toBeGreaterThanOrEqual(RESERVED_TOKENS);
        expect(token).toBeLessThan(32_000);
      }),
    );
  });

  it("makes up different prompts for different batches, streams and seeds", () => {
    const lists = [
      syntheticTokens(1, "load", 0, 32, 32_000),
      syntheticTokens(1, "load", 1, 32, 32_000),
      syntheticTokens(1, "start", 0, 32, 32_000),
      syntheticTokens(2, "load", 0, 32, 32_000),
    ].map(String);
    expect(new Set(lists).size).toBe(4);
  });
});
