import { describe, expect, it } from "vitest";
import { UsageError } from "../../base/errors.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import { BLOCK, Bench, blocks, cleared, hashOf, hashesOf, removed, stored } from "./index-test-kit.js";
import { MatchBuffer } from "./match-buffer.js";

const prompt = { tokens: blocks(6) };
const adapter = { ...prompt, lora: "sql" };

describe("longest prefix", () => {
  it("finds every block of a multi-block event, and of chained ones", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { to: 4 }), stored(prompt, { from: 4 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.ask({ tokens: [...prompt.tokens, 1, 2] })).toEqual({ "a/0": 6 });
    expect(bench.ask({ tokens: prompt.tokens.slice(0, 5) })).toEqual({ "a/0": 2 });
  });
  it("says nothing for a prompt that is only the tail of a held one", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt));
    expect(bench.ask({ tokens: prompt.tokens.slice(BLOCK) })).toEqual({});
    expect(bench.ask({ tokens: [] })).toEqual({});
  });
  it("keeps block 7 for engine B when engine A evicts it", () => {
    const bench = new Bench().add("a").add("b");
    bench.send("a", stored(prompt));
    bench.send("b", stored(prompt));
    bench.send("a", removed(prompt, { from: 5 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 5, "b/0": 6 });
  });
  it("gives no credit beyond a block that the engine lacks, and all of it back when the hole is filled", () => {
    const bench = new Bench().add("a").add("b");
    bench.send("a", stored(prompt), removed(prompt, { from: 1, to: 2 }));
    bench.send("b", stored(prompt), removed(prompt, { to: 1 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
    bench.send("a", stored(prompt, { from: 1, to: 2 }));
    bench.send("b", stored(prompt, { to: 1 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6, "b/0": 6 });
  });
  it("tells ranks of one engine apart", () => {
    const bench = new Bench().add("a").add("a", { rank: 1 });
    bench.send("a/1", stored(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/1": 6 });
    expect(bench.index.blocksOf("a")).toBe(6);
  });
  it("answers more than 32 holders of one prefix", () => {
    const bench = new Bench();
    const expected: Record<string, number> = {};
    for (let i = 0; i < 200; i++) {
      bench.add(`e${i}`);
      bench.send(`e${i}`, stored(prompt, { to: 1 + (i % 6) }));
      expected[`e${i}/0`] = 1 + (i % 6);
    }
    expect(bench.ask(prompt)).toEqual(expected);
  });
  it("hashes prompts and events longer than one chunk of the hasher", () => {
    const long = { tokens: blocks(9000) };
    const bench = new Bench().add("a");
    bench.send("a", stored(long));
    expect(bench.ask(long)).toEqual({ "a/0": 9000 });
    expect(bench.ask({ tokens: Uint32Array.from(long.tokens) as unknown as number[] })).toEqual({ "a/0": 9000 });
  });
  it("fills a caller's buffer without allocating answers", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt));
    const out = new MatchBuffer();
    expect(bench.index.matchInto({ model: "m", lora: null, salt: null, tokens: prompt.tokens }, out)).toBe(1);
    expect([out.holders[0], out.blocks[0]]).toEqual([bench.id("a"), 6]);
    expect(bench.index.matchInto({ model: "other", lora: null, salt: null, tokens: prompt.tokens }, out)).toBe(0);
  });
  it("counts in the holder's blocks when events use another block size", () => {
    const bench = new Bench().add("a", { blockSize: 4 });
    bench.send("a", stored(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/0": 3 });
    bench.send("a", removed(prompt, { from: 3 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
  });
});

describe("isolation", () => {
  it("never mixes base, adapters and salts", () => {
    const bench = new Bench().add("a").add("b").add("c");
    bench.send("a", stored(prompt));
    bench.send("b", stored(adapter));
    bench.send("c", stored({ ...prompt, salt: "s" }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.ask(adapter)).toEqual({ "b/0": 6 });
    expect(bench.ask({ ...prompt, salt: "s" })).toEqual({ "c/0": 6 });
    expect(bench.ask({ ...prompt, salt: "t" })).toEqual({});
    expect(bench.ask({ ...adapter, salt: "s" })).toEqual({});
  });
  it("follows a salted sequence whose later events do not repeat the salt", () => {
    const salted = { ...prompt, salt: "s" };
    const bench = new Bench().add("a");
    bench.send("a", stored(salted, { to: 2 }), stored(salted, { from: 2 }));
    expect(bench.ask(salted)).toEqual({ "a/0": 6 });
    expect(bench.ask(prompt)).toEqual({});
  });
  it("keeps two models apart whose engines use the same hashes", () => {
    const bench = new Bench().add("a", { model: "m" }).add("b", { model: "n" });
    bench.send("a", stored(prompt));
    bench.send("b", stored(prompt, { to: 2 }));
    expect(bench.ask(prompt, "m")).toEqual({ "a/0": 6 });
    expect(bench.ask(prompt, "n")).toEqual({ "b/0": 2 });
  });
  it("never matches a multimodal block by its text", () => {
    const image = [null, null, [["img", 0] as const], null, null, null];
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, {}, { extraKeys: image }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 2 });
    bench.send("a", removed(prompt));
    expect(bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0, unknownRemovals: 0 });
  });
  it("follows the right chain when base and adapter share hashes", () => {
    const shared = (from: number, to: number) => hashesOf(prompt, from, to);
    const bench = new Bench().add("a");
    const two = { tokens: prompt.tokens.slice(0, 2 * BLOCK) };
    bench.send("a", stored(two));
    bench.send("a", stored({ ...two, lora: "sql" }, {}, { blockHashes: shared(0, 2) }));
    const tail = stored(adapter, { from: 2 }, { blockHashes: shared(2, 6), parent: hashOf(prompt, 2) });
    bench.send("a", tail);
    expect(bench.ask(adapter)).toEqual({ "a/0": 6 });
    expect(bench.ask(prompt)).toEqual({ "a/0": 2 });
    expect(bench.index.stats().conflicts).toBe(2);
    // The removal does not say whose block 2 it means, so nobody may claim it any more.
    bench.send("a", removed(prompt, { from: 1, to: 2 }));
    expect(bench.ask(adapter)).toEqual({ "a/0": 1 });
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
  });
  it("starts cold when an adapter is loaded again under its name", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(adapter), stored(prompt));
    bench.send("a", stored({ lora: "sql", tokens: blocks(1, 3) }, {}, { loraId: 2 }));
    expect(bench.ask(adapter)).toEqual({});
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats().adapterReloads).toBe(1);
  });
  it("drops one adapter of one engine when told", () => {
    const bench = new Bench().add("a").add("b");
    for (const name of ["a", "b"]) bench.send(name, stored(adapter), stored(prompt));
    expect(bench.index.dropAdapter("a", "sql")).toBe(6);
    expect(bench.ask(adapter)).toEqual({ "b/0": 6 });
    expect(bench.ask(prompt)).toEqual({ "a/0": 6, "b/0": 6 });
  });
});

describe("copies", () => {
  it("holds a block until its last copy is gone", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt), stored(prompt, { from: 5 }), removed(prompt, { from: 5 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    bench.send("a", removed(prompt, { from: 5 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 5 });
  });
  it("takes re-announcements as one where the dialect means a set", () => {
    const bench = new Bench().add("a", { duplicates: "set" });
    bench.send("a", stored(prompt), stored(prompt), removed(prompt, { from: 5 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 5 });
  });
  it("holds a block that the engine knows under two hashes until both are gone", () => {
    const bench = new Bench().add("a");
    const other = { lora: "renamed", tokens: prompt.tokens };
    bench.send("a", stored(prompt), stored(prompt, {}, { blockHashes: hashesOf(other, 0, 6) }));
    bench.send("a", removed(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    bench.send("a", removed(other));
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0 });
  });
});

describe("tiers and groups", () => {
  it("keeps a block on the CPU when the GPU evicts it", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt), stored(prompt, { medium: "CPU", to: 3 }), removed(prompt, { from: 1 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 3 });
    bench.send("a", removed(prompt, { medium: "CPU" }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
  });
  it("takes an offload placeholder as a tier of a known block, never as a block", () => {
    const placeholder = { tokenIds: [], blockSize: 0, parent: null, medium: "CPU", extraKeys: undefined };
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt), stored(prompt, {}, placeholder), removed(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    bench.send("a", removed(prompt, { medium: "CPU" }), stored(prompt, {}, placeholder));
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0, unplaced: 6, sparseEvents: 2 });
    bench.send("a", stored(prompt), removed(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
  });
  it("does not trust an event whose tokens do not fit its hashes", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, {}, { tokenIds: [1, 2, 3] }));
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.send("a", stored(prompt, {}, { blockSize: 1_000_000 })).rejected).toBe(false);
    expect(bench.ask(prompt)).toEqual({});
  });
  it("claims of a hybrid model only what every group holds, though one group names hashes alone", () => {
    const bench = new Bench().add("a");
    const window = { blockHashes: hashesOf(prompt, 4, 6), extraKeys: undefined };
    bench.send("a", stored(prompt, { group: 0 }, window), stored(prompt, { group: 1 }));
    expect(bench.ask(prompt)).toEqual({});
    bench.send("a", stored(prompt, { group: 0 }, { ...window, blockHashes: hashesOf(prompt, 0, 4) }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    bench.send("a", stored(prompt, { group: 0 }, { blockHashes: [], tokenIds: [1, 2], extraKeys: undefined }));
    bench.send("a", removed(prompt, { group: 0, from: 3, to: 4 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 3 });
    bench.send("a", removed(prompt, { group: 1, to: 1 }));
    expect(bench.ask(prompt)).toEqual({});
  });
  it("waits for a group that was announced but has sent nothing", () => {
    const bench = new Bench().add("a", { groups: 2 });
    bench.send("a", stored(prompt, { group: 1 }));
    expect(bench.ask(prompt)).toEqual({});
    bench.send("a", stored(prompt, { group: 0 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
  });
});

describe("orphans", () => {
  it("never makes a block with an unknown parent a root, and adopts it when the parent arrives", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { from: 4 }), stored(prompt, { from: 2, to: 4 }));
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.ask({ tokens: prompt.tokens.slice(4 * BLOCK) })).toEqual({});
    expect(bench.index.stats()).toMatchObject({ blocks: 0, parked: 4 });
    bench.send("a", stored(prompt, { to: 2 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats()).toMatchObject({ blocks: 6, parked: 0, orphansAdopted: 4 });
  });
  it("forgets an orphan that is removed before its parent arrives", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { from: 2 }), removed(prompt, { from: 5 }), stored(prompt, { to: 2 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 5 });
  });
  it("does not adopt across adapters", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(adapter, { from: 2 }, { parent: hashOf(prompt, 2) }), stored(prompt, { to: 2 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 2 });
    expect(bench.ask(adapter)).toEqual({});
  });
  it("parks no more than its limit, the oldest goes", () => {
    const bench = new Bench({ maxParked: 2 }).add("a");
    bench.send("a", stored(prompt, { from: 1 }));
    expect(bench.index.stats()).toMatchObject({ parked: 2, orphansDropped: 3 });
    bench.send("a", stored(prompt, { to: 1 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
  });
  it("ignores removals of unknown blocks, and counts them", () => {
    const bench = new Bench().add("a");
    bench.send("a", removed(prompt), stored(prompt), removed(prompt, { medium: "CPU" }), removed(prompt, { group: 3 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats().unknownRemovals).toBe(18);
  });
});

describe("lives", () => {
  it("forgets everything on clear and on purge, and nothing of others", () => {
    const bench = new Bench().add("a").add("b");
    for (const name of ["a", "b"]) bench.send(name, stored(prompt), stored(adapter, { from: 2 }));
    bench.send("a", cleared);
    expect(bench.ask(prompt)).toEqual({ "b/0": 6 });
    bench.index.sink(bench.id("b")).purge();
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0, parked: 0 });
    bench.send("b", stored(prompt));
    expect(bench.ask(prompt)).toEqual({ "b/0": 6 });
  });
  it("lets no late batch of a removed engine reach its successor", () => {
    const bench = new Bench().add("a");
    const late = bench.index.sink(bench.id("a"));
    bench.send("a", stored(prompt));
    bench.remove("a");
    expect(bench.index.blocksOf("a")).toBe(0);
    bench.add("a");
    const payload = encodeBatch("vllm-0.30", { ts: 1, events: [stored(prompt)], rank: 0 });
    expect(late.apply(payload)).toMatchObject({ rejected: false, events: 0, blocks: 0 });
    late.purge();
    expect(bench.ask(prompt)).toEqual({});
    expect(bench.index.stats().lateBatches).toBe(1);
  });
  it("returns to its first size when engines come and go", () => {
    const bench = new Bench();
    bench.add("first");
    const { bytes } = bench.index.stats();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 40; i++) bench.add(`e${i}`);
      for (let i = 0; i < 40; i++) bench.send(`e${i}`, stored({ tokens: blocks(50, i % 7) }), stored(adapter));
      for (let i = 0; i < 40; i++) bench.remove(`e${i}`);
    }
    const after = bench.index.stats();
    expect(after).toMatchObject({ holders: 1, blocks: 0, nodes: 0, parked: 0, unplaced: 0 });
    expect(after.bytes - bytes).toBeLessThan(64 * 1024);
  });
  it("counts what it was given, damage included", () => {
    const bench = new Bench().add("a");
    expect(bench.send("a", stored(prompt), removed(prompt, { from: 4 }))).toEqual({
      rejected: false,
      events: 2,
      malformedEvents: 0,
      unknownEvents: 0,
      blocks: 8,
    });
    const sink = bench.index.sink(bench.id("a"));
    expect(sink.apply(new Uint8Array([0xc1])).rejected).toBe(true);
    expect(bench.ask(prompt)).toEqual({ "a/0": 4 });
  });
  it.each([
    ["bytes follow it", (whole: Uint8Array) => Buffer.concat([whole, Buffer.from([1, 6, 0x6b])])],
    ["it is cut short", (whole: Uint8Array) => whole.subarray(0, whole.length - 3)],
    ["its second half is garbage", (whole: Uint8Array) => Uint8Array.from(whole).fill(0xc1, whole.length / 2)],
  ])("applies a batch once that comes damaged and then whole: %s", (_, damaged) => {
    const bench = new Bench().add("a");
    const sink = bench.index.sink(bench.id("a"));
    const other = { tokens: blocks(8, 3) };
    const events = [stored(prompt), stored(other)];
    const whole = encodeBatch("vllm-0.30", { ts: 7, rank: 0, events });
    for (const copy of [damaged(whole), damaged(whole)]) expect(sink.apply(copy).rejected).toBe(true);
    expect(sink.apply(whole).rejected).toBe(false);
    expect(bench.ask(other)).toEqual({ "a/0": 8 });
    bench.send("a", removed(prompt), removed(other));
    expect([bench.ask(prompt), bench.ask(other)]).toEqual([{}, {}]);
    expect(sink.apply(whole).blocks).toBeGreaterThan(0);
  });
  it("applies other batches whole after a damaged one", () => {
    const bench = new Bench().add("a");
    const sink = bench.index.sink(bench.id("a"));
    const batch = (ts: number): Uint8Array => encodeBatch("vllm-0.30", { ts, rank: 0, events: [stored(prompt)] });
    expect(sink.apply(Buffer.concat([batch(1), Buffer.from([0])])).rejected).toBe(true);
    bench.send("a", removed(prompt));
    expect(bench.ask(prompt)).toEqual({});
    expect(sink.apply(batch(1)).rejected).toBe(false);
    expect(bench.ask(prompt)).not.toEqual({});
  });
  it("refuses an engine twice, a block size of 0 and a cap out of range", () => {
    expect(() => new Bench().add("a").add("a")).toThrow(UsageError);
    expect(() => new Bench().add("a", { blockSize: 0 })).toThrow(UsageError);
    expect(() => new Bench({ maxBlocks: 2 ** 25 })).toThrow(UsageError);
  });
});

describe("large engines that leave", () => {
  const long = { tokens: blocks(6000) };
  const other = { tokens: blocks(6000, 9) };

  it("are in no answer at once, and out of the tables after some batches of others", () => {
    const bench = new Bench().add("gone").add("stays");
    for (const name of ["gone", "stays"]) bench.send(name, stored(long));
    bench.send("gone", stored(other));
    bench.remove("gone");
    expect(bench.ask(long)).toEqual({ "stays/0": 6000 });
    expect(bench.ask(other)).toEqual({});
    expect(bench.index.stats()).toMatchObject({ holders: 1, blocks: 6000 });
    expect(bench.index.stats().retired).toBeGreaterThan(5000);
    for (let i = 0; bench.index.stats().retired > 0 && i < 100; i++) bench.send("stays", stored(prompt));
    expect(bench.index.stats()).toMatchObject({ retired: 0, blocks: 6000, nodes: 6000 });
    expect(bench.ask(long)).toEqual({ "stays/0": 6000 });
  });
  it("may come back under their name before that, with nothing of their old life", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(long), stored(other));
    bench.remove("a");
    bench.add("a");
    expect(bench.ask(long)).toEqual({});
    bench.send("a", stored(long, { to: 3000 }), cleared, stored(long, { to: 10 }));
    expect(bench.ask(long)).toEqual({ "a/0": 10 });
    expect(bench.index.sweep()).toBe(0);
    expect(bench.ask(long)).toEqual({ "a/0": 10 });
    expect(bench.index.stats()).toMatchObject({ blocks: 10, nodes: 10, retired: 0 });
  });
  it("leave no more behind than the cap", () => {
    const bench = new Bench({ maxBlocks: 8000 }).add("a");
    bench.send("a", stored(long));
    bench.remove("a");
    bench.add("a");
    bench.send("a", stored(other));
    expect(bench.ask(other)).toEqual({ "a/0": 6000 });
    const { blocks: live, retired, evictedByCap } = bench.index.stats();
    expect(live + retired).toBeLessThanOrEqual(8000);
    expect(evictedByCap).toBe(0);
  });
});

describe("the cap", () => {
  it("is never exceeded; the fullest engine gives up its oldest blocks, others keep theirs", () => {
    const bench = new Bench({ maxBlocks: 200 }).add("small").add("greedy");
    bench.send("small", stored(prompt));
    for (let i = 0; i < 50; i++) {
      bench.send("greedy", stored({ tokens: blocks(10, i + 1) }));
      expect(bench.index.stats().blocks).toBeLessThanOrEqual(200);
    }
    expect(bench.ask(prompt)).toEqual({ "small/0": 6 });
    expect(bench.ask({ tokens: blocks(10, 50) })).toEqual({ "greedy/0": 10 });
    expect(bench.ask({ tokens: blocks(10, 1) })).toEqual({});
    const stats = bench.index.stats();
    expect(stats.evictedByCap).toBeGreaterThanOrEqual(306);
    expect(stats.blocks).toBeGreaterThan(150);
  });
  it("cuts an event that is larger than itself", () => {
    const bench = new Bench({ maxBlocks: 4 }).add("a");
    bench.send("a", stored(prompt));
    expect(bench.ask(prompt)).toEqual({ "a/0": 4 });
  });
});
