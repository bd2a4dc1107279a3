/** What a removal takes, hash by hash: copies, media, ambiguous hashes, rows longer than the queue. */
import { describe, expect, it } from "vitest";
import { Bench, blocks, cleared, hashesOf, removed, stored } from "./index-test-kit.js";

const prompt = { tokens: blocks(6) };
const unknownRemovals = (bench: Bench): number => bench.index.stats().unknownRemovals;

describe("a row of removals", () => {
  const long = { tokens: blocks(600) };

  it.each([255, 256, 257, 512, 513])(
    "of %i hashes takes each of them once, and counts those it does not know",
    (count) => {
      const bench = new Bench().add("a");
      bench.send("a", stored(long), removed(long, { from: 600 - count }));
      expect(bench.ask(long)).toEqual({ "a/0": 600 - count });
      expect(bench.index.stats()).toMatchObject({ blocks: 600 - count, removedBlocks: count, unknownRemovals: 0 });
      bench.send("a", removed(long, { from: 590 - count }));
      expect(bench.ask(long)).toEqual({ "a/0": 590 - count });
      expect(bench.index.stats()).toMatchObject({ blocks: 590 - count, unknownRemovals: count });
    },
  );

  it("is applied before the store that follows it in the batch, and after the one before", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt), removed(prompt, { from: 2 }), stored(prompt, { from: 2, to: 4 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 4 });
    bench.send("a", removed(prompt, { from: 1, to: 2 }), cleared, stored(prompt, { to: 3 }));
    expect([bench.ask(prompt), unknownRemovals(bench)]).toEqual([{ "a/0": 3 }, 0]);
  });

  it("may go from one medium and group to the next", () => {
    const bench = new Bench().add("a");
    const other = { tokens: blocks(6, 1) };
    for (const group of [0, 1]) bench.send("a", stored(prompt, { group }), stored(other, { group }));
    bench.send("a", stored(prompt, { medium: "CPU" }), stored(other, { medium: "CPU" }));
    bench.send(
      "a",
      removed(prompt, { from: 5 }),
      removed(prompt, { from: 4, medium: "CPU" }),
      removed(other, { from: 3, group: 1 }),
      removed(prompt, { from: 4, to: 5 }),
    );
    // Of the last prompt's block 5 the second group still has its own; the first has neither medium.
    expect([bench.ask(prompt), bench.ask(other)]).toEqual([{ "a/0": 4 }, { "a/0": 3 }]);
    expect(unknownRemovals(bench)).toBe(0);
  });

  it("gives memory back", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt));
    const { bytes } = bench.index.stats();
    bench.send("a", stored(long, { from: 6 }));
    expect(bench.index.stats().bytes).toBeGreaterThan(bytes);
    bench.send("a", removed(long, { from: 6 }));
    expect(bench.index.stats()).toMatchObject({ bytes, blocks: 6 });
  });
});

describe("copies", () => {
  it("are taken one by one, from the medium that is named", () => {
    const bench = new Bench().add("a");
    const one = { tokens: blocks(1) };
    bench.send("a", stored(one), stored(one), stored(one, { medium: "CPU" }), stored(one, { medium: "DISK" }));
    const gone: boolean[] = [];
    for (const medium of ["CPU", "CPU", "GPU", "DISK", "DISK", "GPU", "GPU"]) {
      bench.send("a", removed(one, { medium }));
      gone.push(bench.ask(one)["a/0"] === undefined);
    }
    expect(gone).toEqual([false, false, false, false, false, true, true]);
    expect(bench.index.stats()).toMatchObject({ unknownRemovals: 3, blocks: 0, nodes: 0 });
  });

  it("of a block under three hashes keep it until the last of the three is gone", () => {
    const bench = new Bench().add("a").add("b");
    bench.send("b", stored(prompt));
    const names = ["x", "y", "z"].map((lora) => ({ lora, tokens: prompt.tokens }));
    for (const name of names) bench.send("a", stored(prompt, {}, { blockHashes: hashesOf(name, 0, 6) }));
    expect(bench.index.stats()).toMatchObject({ blocks: 24, nodes: 6 });
    const left = names.map((name) => {
      bench.send("a", removed(name, { from: 4 }));
      return [bench.ask(prompt)["a/0"], bench.index.stats().blocks];
    });
    expect(left).toEqual([
      [6, 22],
      [6, 20],
      [4, 18],
    ]);
    bench.send("b", removed(prompt));
    expect(bench.index.stats()).toMatchObject({ blocks: 12, nodes: 4 });
  });
});

describe("a hash that stands for two blocks", () => {
  const other = { tokens: blocks(1, 99) };
  let one = { tokens: blocks(1, 1) };
  let shared = { blockHashes: hashesOf(one, 0, 1) };
  function confused(label = 1): Bench {
    one = { tokens: blocks(1, label) };
    shared = { blockHashes: hashesOf(one, 0, 1) };
    const bench = new Bench().add("a");
    bench.send(
      "a",
      stored(one),
      stored(one),
      stored(other, {}, shared),
      stored(other, {}, { ...shared, medium: "CPU" }),
    );
    expect(bench.index.stats()).toMatchObject({ blocks: 2, conflicts: 1 });
    return bench;
  }
  const both = (bench: Bench) => [bench.ask(one)["a/0"], bench.ask(other)["a/0"]];

  it("loses a copy of each with every removal, in the medium that is named", () => {
    // Many hashes, so that each slot of the lane's table is met.
    for (let label = 1; label < 64; label++) {
      const bench = confused(label);
      bench.send("a", removed(one));
      expect([both(bench), bench.index.stats().blocks]).toEqual([[1, 1], 2]);
      bench.send("a", removed(one));
      expect([both(bench), bench.index.stats().blocks]).toEqual([[undefined, 1], 1]);
      bench.send("a", removed(one, { medium: "CPU" }));
      expect([both(bench), bench.index.stats().blocks]).toEqual([[undefined, undefined], 0]);
      expect(unknownRemovals(bench)).toBe(0);
      bench.send("a", removed(one));
      expect(unknownRemovals(bench)).toBe(1);
    }
  });

  it("gains a copy of the one that is stored again", () => {
    const bench = confused();
    bench.send("a", stored(other, {}, shared), removed(one), removed(one));
    expect(both(bench)).toEqual([undefined, 1]);
    bench.send("a", removed(one, { medium: "CPU" }));
    expect(both(bench)).toEqual([undefined, undefined]);
  });

  it("says nothing about where blocks stand that name it alone, or as their parent", () => {
    const bench = confused();
    const placeholder = { ...shared, tokenIds: [], blockSize: 0, parent: null, extraKeys: undefined };
    bench.send("a", stored(one, {}, placeholder));
    const child = { tokens: [...one.tokens, 8, 9] };
    bench.send("a", stored(child, { from: 1 }));
    expect([bench.ask(child), bench.index.stats().parked]).toEqual([{ "a/0": 1 }, 1]);
    bench.send("a", removed(one), removed(one));
    expect(both(bench)).toEqual([undefined, 1]);
  });

  it("keeps the one that is not of the adapter that is dropped", () => {
    const base = { tokens: blocks(6, 3) };
    const adapter = { ...base, lora: "sql" };
    const named = { blockHashes: hashesOf(base, 0, 6) };
    for (const order of [
      [stored(base), stored(adapter, {}, named)],
      [stored(adapter, {}, named), stored(base)],
    ]) {
      const bench = new Bench().add("a");
      bench.send("a", ...order);
      expect(bench.index.dropAdapter("a", "sql")).toBe(6);
      expect([bench.ask(base), bench.ask(adapter), bench.index.stats().blocks]).toEqual([{ "a/0": 6 }, {}, 6]);
    }
  });
});
