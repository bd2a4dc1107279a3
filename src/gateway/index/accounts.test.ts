/** What the index says of itself, to the byte; and what it refuses. */
import { describe, expect, it } from "vitest";
import { InternalError, UsageError } from "../../base/errors.js";
import { BLOCK, Bench, blocks, cleared, removed, stored } from "./index-test-kit.js";
import { PrefixIndex } from "./prefix-index.js";

const prompt = { tokens: blocks(6) };
const adapter = { ...prompt, lora: "sql" };
const placeholder = { tokenIds: [], blockSize: 0, parent: null, extraKeys: undefined };

/** Bytes of an empty index, of a lane with `slots` slots and one medium, and of a parked block. */
const EMPTY_BYTES = 20_736 + 1536;
const laneBytes = (slots = 16): number => slots * 16 + 2000;
const PARKED_BYTES = 260;

const nothing = {
  holders: 0,
  blocks: 0,
  retired: 0,
  nodes: 0,
  parked: 0,
  unplaced: 0,
  capBlocks: 4_000_000,
  bytes: EMPTY_BYTES,
  storedBlocks: 0,
  removedBlocks: 0,
  evictedByCap: 0,
  orphansParked: 0,
  orphansAdopted: 0,
  orphansDropped: 0,
  unknownRemovals: 0,
  sparseEvents: 0,
  conflicts: 0,
  adapterReloads: 0,
  lateBatches: 0,
};

describe("the accounts of the index", () => {
  it("are exact after each step", () => {
    const bench = new Bench();
    expect(bench.index.stats()).toEqual(nothing);
    bench.add("a").add("b");
    expect(bench.index.stats()).toEqual({ ...nothing, holders: 2 });
    bench.send("a", stored(prompt));
    const one = { ...nothing, holders: 2, blocks: 6, nodes: 6, storedBlocks: 6, bytes: EMPTY_BYTES + laneBytes() };
    expect(bench.index.stats()).toEqual(one);
    bench.send("b", stored(prompt, { from: 4 }), stored(prompt, { to: 2 }, placeholder), removed(prompt, { to: 1 }));
    const two = { ...one, storedBlocks: 10, removedBlocks: 1, sparseEvents: 1, orphansParked: 2 };
    const bytes = EMPTY_BYTES + 2 * laneBytes() + 2 * PARKED_BYTES;
    expect(bench.index.stats()).toEqual({ ...two, parked: 2, unplaced: 1, bytes });
    bench.send("b", stored(prompt, { to: 4 }));
    const three = { ...two, blocks: 12, storedBlocks: 14, orphansAdopted: 2, bytes: EMPTY_BYTES + 2 * laneBytes() };
    expect(bench.index.stats()).toEqual(three);
    expect([bench.index.blocksOf("a"), bench.index.blocksOf("b"), bench.index.blocksOf("nobody")]).toEqual([6, 6, 0]);
    bench.send("a", cleared);
    expect(bench.index.stats()).toEqual({ ...three, blocks: 6 });
    bench.remove("b");
    expect(bench.index.stats()).toMatchObject({ holders: 1, blocks: 0, nodes: 0, retired: 0 });
    bench.remove("b");
    expect(bench.index.stats().holders).toBe(1);
  });

  it("count what retired lanes still take, until they are swept", () => {
    const long = { tokens: blocks(6000) };
    const bench = new Bench().add("a");
    bench.send("a", stored(long));
    const before = bench.index.stats();
    bench.send("a", cleared);
    const after = bench.index.stats();
    expect(after).toMatchObject({ blocks: 0, unplaced: 0, nodes: after.retired });
    // Another lane took its place; its memory goes once the last block is out of the tables.
    expect(after.bytes).toBe(before.bytes + laneBytes() - 2000);
    expect(bench.index.sweep(1000)).toBe(bench.index.stats().retired);
    expect(bench.index.stats().retired).toBeLessThan(after.retired);
    expect(bench.index.sweep()).toBe(0);
    const empty = bench.index.stats();
    expect(empty).toMatchObject({ blocks: 0, retired: 0, nodes: 0 });
    expect(empty.bytes).toBe(EMPTY_BYTES + 64 * 4 + laneBytes());
  });

  it("count events, blocks and what was not believed, batch by batch", () => {
    const bench = new Bench().add("a");
    const result = (...events: Parameters<Bench["send"]>[1][]) => bench.send("a", ...events);
    const whole = { rejected: false, events: 1, malformedEvents: 0, unknownEvents: 0, blocks: 0 };
    expect(result(cleared)).toEqual(whole);
    expect(result(stored(prompt))).toEqual({ ...whole, blocks: 6 });
    expect(result(stored(prompt, { to: 0 }), removed(prompt, { to: 2 }))).toEqual({ ...whole, events: 2, blocks: 2 });
    expect(result()).toEqual({ ...whole, events: 0 });
  });

  it("believe 64 groups of a holder and 16 media of a group, and take more for damage", () => {
    const bench = new Bench().add("a");
    for (let group = 0; group < 64; group++) bench.send("a", stored(prompt, { group }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    const ignored = { rejected: false, events: 1, malformedEvents: 1, unknownEvents: 0, blocks: 0 };
    expect(bench.send("a", stored(prompt, { group: 64 }))).toEqual(ignored);
    for (let tier = 1; tier < 16; tier++) bench.send("a", stored(prompt, { medium: `tier ${tier}` }));
    expect(bench.send("a", stored(prompt, { medium: "tier 16" }))).toEqual(ignored);
    expect(bench.index.stats()).toMatchObject({ blocks: 64 * 6, storedBlocks: (64 + 15) * 6 });
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    bench.send("a", removed(prompt, { medium: "tier 16" }), removed(prompt, { group: 64 }));
    expect(bench.index.stats().unknownRemovals).toBe(12);
    for (const medium of ["GPU", ...Array.from({ length: 15 }, (_, i) => `tier ${i + 1}`)]) {
      expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
      bench.send("a", removed(prompt, { medium }));
    }
    expect(bench.ask(prompt)).toEqual({});
  });

  it("take no medium for the first tier", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { medium: null }), removed(prompt, { from: 3, medium: "GPU" }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 3 });
    bench.send("a", removed(prompt, { from: 1, to: 3, medium: null }));
    expect([bench.ask(prompt), bench.index.stats().unknownRemovals]).toEqual([{ "a/0": 1 }, 0]);
  });
});

describe("adapters", () => {
  const named = (loraId: number) => stored(adapter, {}, { loraId });

  it("are known by the newest id of any rank", () => {
    const bench = new Bench().add("a").add("a", { rank: 1 }).add("b");
    bench.send("a/0", named(3));
    bench.send("a/1", named(2));
    const ids = ["a", "b", "nobody"].map((engine) => bench.index.adapterId(engine, "sql"));
    expect([...ids, bench.index.adapterId("a", "other")]).toEqual([3, null, null, null]);
  });

  it("are dropped by name, but not by ranks that noticed the reload themselves", () => {
    const bench = new Bench().add("a").add("a", { rank: 1 }).add("a", { rank: 2 });
    for (const [name, id] of [
      ["a/0", 1],
      ["a/1", 2],
      ["a/2", 3],
    ] as const)
      bench.send(name, stored(prompt), named(id));
    expect(bench.index.dropAdapter("a", "sql", 2)).toBe(12);
    expect([bench.ask(adapter), bench.index.adapterId("a", "sql")]).toEqual([{ "a/2": 6 }, 3]);
    expect(bench.ask(prompt)).toEqual({ "a/0": 6, "a/1": 6, "a/2": 6 });
    // Forgotten with its id: named by an older one it is no reload.
    bench.send("a/1", named(1));
    expect([bench.ask(adapter), bench.index.stats().adapterReloads]).toEqual([{ "a/1": 6, "a/2": 6 }, 0]);
    expect([bench.index.dropAdapter("a", "sql"), bench.index.dropAdapter("a", "sql")]).toEqual([12, 0]);
    expect([bench.ask(adapter), bench.index.dropAdapter("nobody", "sql")]).toEqual([{}, 0]);
  });

  it("take their parked blocks with them", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(adapter, { from: 4 }), stored({ ...prompt, tokens: blocks(6, 2) }, { from: 5 }));
    bench.send("a", stored(prompt, { to: 2 }, placeholder));
    expect(bench.index.stats()).toMatchObject({ parked: 3, unplaced: 2 });
    expect(bench.index.dropAdapter("a", "sql")).toBe(2);
    expect(bench.index.stats()).toMatchObject({ parked: 1, unplaced: 2 });
  });

  it("are forgotten by a purge, so that any id may come next", () => {
    const bench = new Bench().add("a");
    bench.send("a", named(1));
    bench.index.sink(bench.id("a")).purge();
    bench.send("a", named(2));
    expect([bench.index.adapterId("a", "sql"), bench.index.stats().adapterReloads]).toEqual([2, 0]);
  });
});

describe("what the index refuses", () => {
  it.each([0, -1, 2 ** 24 - 1, Number.NaN])("a cap of %d blocks", (maxBlocks) => {
    const refused = new UsageError("KVP_E_USAGE", `maxBlocks must be 1 to 16777214, not ${maxBlocks}`);
    expect(() => new PrefixIndex({ seed: 1, maxBlocks })).toThrow(refused);
  });

  it("no cap in between, whole or not, and takes a limit of parked blocks below none for none", () => {
    const capOf = (maxBlocks: number): number => new PrefixIndex({ seed: 1, maxBlocks }).stats().capBlocks;
    expect([1, 2.5, 2 ** 24 - 2].map(capOf)).toEqual([1, 2, 2 ** 24 - 2]);
    const bench = new Bench({ maxParked: -5 }).add("a");
    bench.send("a", stored(prompt, { from: 4 }));
    expect(bench.index.stats()).toMatchObject({ parked: 0, orphansParked: 2, orphansDropped: 2 });
  });

  it.each([0, -2, 1.5])("a block size of %d", (blockSize) => {
    const refused = new UsageError("KVP_E_USAGE", `block size of a must be a positive integer, not ${blockSize}`);
    expect(() => new Bench().add("a", { blockSize })).toThrow(refused);
  });

  it("a rank that it has, until that is removed", () => {
    const bench = new Bench().add("a").add("a", { rank: 1 });
    expect(() => bench.add("a", { rank: 1 })).toThrow(
      new UsageError("KVP_E_USAGE", "a rank 1 is in the index already"),
    );
    bench.remove("a/1");
    bench.add("a", { rank: 1 });
    expect(bench.index.holder(bench.id("a/1"))).toEqual({ engine: "a", rank: 1, model: "m", blockSize: BLOCK });
    expect(bench.index.stats().holders).toBe(2);
  });

  it("to speak of holders that it does not have", () => {
    const { index } = new Bench().add("a");
    expect(() => index.sink(9)).toThrow(new InternalError("no holder 9 in the index"));
    expect(() => index.holder(9)).toThrow(new InternalError("no holder 9 in the index"));
  });
});
