import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { KEYS_A, KEYS_B, MAX_BLOCK_TOKENS, MULTIPLIERS, TAIL_A, TAIL_B, TAINTS } from "./block-hash-wasm.js";
import { BlockHasher } from "./block-hasher.js";

const mask = (1n << 64n) - 1n;
const words32 = (hasher: BlockHasher, at: number) => (i: number) =>
  BigInt(new Uint32Array(hasher.tokens.buffer, at, i + 1)[i] as number);

/** The definition in block-hasher.ts, in plain big integers. */
function define(hasher: BlockHasher, tokens: number[], taint: number): bigint {
  const whole = tokens.length & ~7;
  const sum = (keys: (i: number) => bigint, partners: (i: number) => bigint) => {
    const keyed = (i: number) => (BigInt(tokens[i] as number) + keys(i)) & 0xffff_ffffn;
    let total = 0n;
    for (let i = 0; i < whole; i += 8) for (let j = i; j < i + 4; j++) total += keyed(j) * keyed(j + 4);
    for (let i = whole; i < tokens.length; i++) total += keyed(i) * partners(i & 7);
    return total & mask;
  };
  const a = sum(words32(hasher, KEYS_A), words32(hasher, TAIL_A));
  const b = sum(words32(hasher, KEYS_B), words32(hasher, TAIL_B));
  const m = (i: number) => new BigUint64Array(hasher.tokens.buffer, MULTIPLIERS, 4)[i] as bigint;
  return (a * m(0) + b * m(1) + BigInt(taint) * m(3)) & mask;
}
function finish(hasher: BlockHasher, key: bigint): bigint {
  const multiplier = new BigUint64Array(hasher.tokens.buffer, MULTIPLIERS, 4)[2] as bigint;
  const folded = ((key ^ (key >> 32n)) * multiplier) & mask;
  return folded ^ (folded >> 29n);
}
const u64 = (words: Int32Array, i: number) => new BigUint64Array(words.buffer, words.byteOffset)[i] as bigint;

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe("block hash", () => {
  const hasher = new BlockHasher(new Rng(3));

  it("computes what its definition says, for any block size and token", () => {
    const inputs = fc
      .integer({ min: 1, max: 40 })
      .chain((size) =>
        fc.tuple(fc.array(fc.array(u32, { minLength: size, maxLength: size }), { minLength: 1, maxLength: 5 }), u32),
      );
    fc.assert(
      fc.property(inputs, ([blocks, taint]) => {
        hasher.tokens.set(blocks.flat());
        hasher.taints[0] = taint;
        hasher.hash(blocks.length, (blocks[0] as number[]).length, 5, 6);
        hasher.taints[0] = 0;
        let key = (6n << 32n) | 5n;
        blocks.forEach((block, i) => {
          const content = define(hasher, block, i === 0 ? taint : 0);
          expect(u64(hasher.contents, i)).toBe(content);
          key = finish(hasher, key ^ content);
          expect(u64(hasher.keys, i)).toBe(key);
        });
      }),
    );
  });
  it("chains contents kept from earlier to the same keys", () => {
    for (let i = 0; i < 64; i++) hasher.tokens[i] = i * 7919;
    hasher.hash(4, 16, 1, 2);
    const [keys, contents] = [hasher.keys.slice(0, 8), hasher.contents.slice(0, 8)];
    hasher.contents.set(contents.subarray(4), 0);
    hasher.chain(2, keys[2] as number, keys[3] as number);
    expect(hasher.keys.slice(0, 4)).toEqual(keys.slice(4));
  });
  it("gives neighbouring blocks different keys", () => {
    const seen = new Set<bigint>();
    const chunk = 1000;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < chunk; i++) hasher.tokens.fill(0, i * 16, i * 16 + 16);
      for (let i = 0; i < chunk; i++) hasher.tokens[i * 16 + (round % 16)] = 1 + round * chunk + i;
      hasher.hash(chunk, 16, 0, 0);
      for (let i = 0; i < chunk; i++) seen.add(u64(hasher.contents, i));
    }
    expect(seen.size).toBe(100_000);
  });
  it("depends on the seed in every part", () => {
    const other = new BlockHasher(new Rng(4));
    for (const one of [hasher, other]) one.tokens.set(Array.from({ length: 16 }, (_, i) => i));
    hasher.hash(1, 16, 0, 0);
    other.hash(1, 16, 0, 0);
    expect(u64(other.contents, 0)).not.toBe(u64(hasher.contents, 0));
    const secrets = new Uint32Array(hasher.tokens.buffer, KEYS_A, (TAINTS - KEYS_A) / 4 - 8);
    expect(secrets.every((word) => word !== 0)).toBe(true);
  });
  it("says how many blocks fit, and refuses sizes beyond its limit", () => {
    expect(hasher.chunkBlocks(16)).toBe(1024);
    expect(hasher.chunkBlocks(MAX_BLOCK_TOKENS)).toBe(4);
    expect([hasher.chunkBlocks(0), hasher.chunkBlocks(MAX_BLOCK_TOKENS + 1)]).toEqual([0, 0]);
  });
});
