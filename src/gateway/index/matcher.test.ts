/** Exact answers wherever a match can end: at any block, across the hasher's chunks, for any number of holders. */
import { describe, expect, it } from "vitest";
import { BLOCK, Bench, blocks, removed, stored } from "./index-test-kit.js";
import { MatchBuffer } from "./match-buffer.js";

const long = { tokens: blocks(300) };
const cutTo = (count: number) => ({ tokens: long.tokens.slice(0, count * BLOCK) });

describe("a match", () => {
  it("ends exactly where each holder or the prompt does", () => {
    const bench = new Bench();
    // Around the ends of chunks of 16, 64 and 128 blocks.
    const depths = [1, 15, 16, 17, 31, 32, 33, 79, 80, 81, 143, 144, 207, 208, 209, 299, 300];
    for (const depth of depths) bench.add(`e${depth}`).send(`e${depth}`, stored(long, { to: depth }));
    for (const asked of [1, 2, 15, 16, 17, 79, 80, 81, 82, 208, 209, 210, 300]) {
      const expected = Object.fromEntries(depths.map((depth) => [`e${depth}/0`, Math.min(depth, asked)]));
      expect(bench.ask(cutTo(asked))).toEqual(expected);
      expect(bench.ask({ tokens: [...cutTo(asked).tokens, 1] })).toEqual(expected);
      expect(bench.ask({ tokens: Uint32Array.from(cutTo(asked).tokens) as unknown as number[] })).toEqual(expected);
    }
  });

  it("stops at a hole, and goes on past it for those who have none", () => {
    const bench = new Bench().add("whole").add("holed");
    for (const engine of ["whole", "holed"]) bench.send(engine, stored(long));
    for (const hole of [0, 1, 15, 16, 79, 80, 150, 299]) {
      bench.send("holed", removed(long, { from: hole, to: hole + 1 }));
      const answer = hole === 0 ? {} : { "holed/0": hole };
      expect(bench.ask(long)).toEqual({ "whole/0": 300, ...answer });
      bench.send("holed", stored(long, { from: hole, to: hole + 1 }));
      expect(bench.ask(long)).toEqual({ "whole/0": 300, "holed/0": 300 });
    }
  });

  it("follows prompts whose blocks lie apart, branch by branch", () => {
    const bench = new Bench().add("a").add("b");
    const branch = { tokens: [...cutTo(40).tokens, ...blocks(40, 7)] };
    // Block by block in turns, so that no block lies beside the next of its prompt.
    for (let i = 0; i < 80; i++) {
      if (i < 40) bench.send("a", stored(branch, { from: 79 - i, to: 80 - i }));
      bench.send("b", stored(long, { from: i, to: i + 1 }));
    }
    bench.send("a", stored(branch, { to: 40 }));
    expect(bench.ask(branch)).toEqual({ "a/0": 80, "b/0": 40 });
    expect(bench.ask(cutTo(80))).toEqual({ "a/0": 40, "b/0": 80 });
  });

  it("knows every holder of a large fleet, those that joined and left in between aside", () => {
    const bench = new Bench();
    const names = Array.from({ length: 150 }, (_, i) => `e${i}`);
    for (const [i, name] of names.entries()) bench.add(name).send(name, stored(cutTo(1 + (i % 40))));
    for (const name of names.filter((_, i) => i % 3 === 0)) bench.remove(name);
    const left = names.flatMap((name, i) => (i % 3 === 0 ? [] : [[`${name}/0`, 1 + (i % 40)] as const]));
    expect(bench.ask(long)).toEqual(Object.fromEntries(left));
    for (const name of names.filter((_, i) => i % 6 === 0)) bench.add(name).send(name, stored(cutTo(2)));
    const back = names.flatMap((name, i) => (i % 6 === 0 ? [[`${name}/0`, 2] as const] : []));
    expect(bench.ask(long)).toEqual(Object.fromEntries([...left, ...back]));
    expect(bench.ask({ tokens: blocks(3, 9) })).toEqual({});
  });

  it("counts of a hybrid engine what all its groups hold, whichever of them holds least", () => {
    for (const depths of [
      [6, 4, 5],
      [4, 5, 6],
      [5, 6, 4],
    ]) {
      const bench = new Bench().add("other").add("a");
      bench.send("other", stored(cutTo(6)));
      for (const [group, to] of depths.entries()) bench.send("a", stored(long, { group, to }));
      expect(bench.ask(long)).toEqual({ "other/0": 6, "a/0": 4 });
      expect(bench.index.blocksOf("a")).toBe(15);
    }
    const bench = new Bench().add("a", { groups: 3 });
    for (const group of [2, 1]) bench.send("a", stored(long, { group, to: 6 }));
    expect(bench.ask(long)).toEqual({});
    bench.send("a", stored(long, { group: 0, to: 1 }));
    expect(bench.ask(long)).toEqual({ "a/0": 1 });
  });

  it("counts in each holder's own blocks, whole ones alone, the longest of several block sizes", () => {
    const bench = new Bench().add("a", { blockSize: 4 }).add("b");
    bench.send("a", stored(cutTo(5)));
    expect(bench.ask(long)).toEqual({ "a/0": 2 });
    const blockSize = 6;
    const wide = (blocks: number) => ({
      tokenIds: long.tokens.slice(0, blocks * blockSize),
      blockSize,
      blockHashes: Array.from({ length: blocks }, (_, i) => BigInt(i + 1)),
      extraKeys: undefined,
    });
    bench.send("a", stored(long, {}, wide(3)));
    bench.send("b", stored(long, {}, wide(2)), stored(cutTo(3)));
    expect(bench.ask(long)).toEqual({ "a/0": 4, "b/0": 6 });
    expect(bench.ask({ tokens: long.tokens.slice(0, 17) })).toEqual({ "a/0": 3, "b/0": 6 });
    expect(bench.ask({ tokens: long.tokens.slice(0, 3) })).toEqual({ "b/0": 1 });
  });
});

describe("a match beyond ordinary sizes", () => {
  const typed = (count: number) => ({ tokens: Uint32Array.from(cutTo(count).tokens) as unknown as number[] });

  it("follows blocks so large that few of them fit what is hashed at once", () => {
    const blockSize = 1100;
    const tokens = Array.from({ length: 20 * blockSize }, (_, i) => i);
    const blockHashes = Array.from({ length: 20 }, (_, i) => BigInt(i + 1));
    const bench = new Bench().add("a", { blockSize });
    bench.send("a", stored({ tokens }, {}, { tokenIds: tokens, blockSize, blockHashes, extraKeys: undefined }));
    expect([bench.ask({ tokens }), bench.ask({ tokens: tokens.slice(0, -1) })]).toEqual([{ "a/0": 20 }, { "a/0": 19 }]);
  });

  it("sees nothing of an earlier, longer question", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(long));
    expect([bench.ask(typed(80)), bench.ask(typed(20))]).toEqual([{ "a/0": 80 }, { "a/0": 20 }]);
  });

  it("names each holder once, with the longest that it holds in blocks of any size", () => {
    const bench = new Bench().add("a");
    const wide = { tokenIds: long.tokens.slice(0, 6), blockSize: 6, blockHashes: [1n], extraKeys: undefined };
    bench.send("a", stored(cutTo(5)), stored(long, {}, wide));
    const query = { model: "m", lora: null, salt: null, tokens: long.tokens };
    expect(bench.index.match(query)).toEqual([{ engine: "a", rank: 0, blocks: 5 }]);
  });

  it("knows the first holder beyond what there was room for", () => {
    const bench = new Bench();
    for (let i = 0; i < 65; i++) bench.add(`e${i}`).send(`e${i}`, stored(cutTo(1)));
    expect(Object.keys(bench.ask(long))).toHaveLength(65);
  });
});

describe("MatchBuffer", () => {
  it("takes any number of entries, and begins anew when cleared", () => {
    const buffer = new MatchBuffer();
    for (let i = 0; i < 33; i++) buffer.push(2 ** 33 + i, i + 1);
    expect([buffer.length, [...buffer.holders.subarray(0, 33)], [...buffer.blocks.subarray(0, 33)]]).toEqual([
      33,
      Array.from({ length: 33 }, (_, i) => 2 ** 33 + i),
      Array.from({ length: 33 }, (_, i) => i + 1),
    ]);
    expect([buffer.holders.length, buffer.blocks.length]).toEqual([64, 64]);
    buffer.clear();
    buffer.push(5, 6);
    expect([buffer.length, buffer.holders[0], buffer.blocks[0]]).toEqual([1, 5, 6]);
  });
});
