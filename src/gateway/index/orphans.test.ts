/** Blocks whose parents are unknown, entry by entry: what waits, what is adopted, and what is not believed. */
import { describe, expect, it } from "vitest";
import { Bench, blocks, hashOf, hashesOf, removed, stored } from "./index-test-kit.js";

const prompt = { tokens: blocks(6) };
const adapter = { ...prompt, lora: "sql" };
const placeholder = { tokenIds: [], blockSize: 0, parent: null, extraKeys: undefined };

/** How often the prompt's last block can be removed until it is in no answer. */
function copiesOfLast(bench: Bench): number {
  let copies = 0;
  for (; bench.ask(prompt)["a/0"] === 6 && copies < 10; copies++) bench.send("a", removed(prompt, { from: 5 }));
  return copies;
}

describe("an event below an unknown parent", () => {
  it("finds its place by any of its blocks that has one, and waits with those before it", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt), removed(prompt, { from: 1, to: 3 }), stored(prompt, { from: 2 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 1 });
    expect(bench.index.stats()).toMatchObject({ blocks: 4, parked: 1, orphansParked: 1 });
    bench.send("a", stored(prompt, { from: 1, to: 2 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats()).toMatchObject({ blocks: 6, parked: 0, orphansAdopted: 1 });
    // Its blocks from the fourth on were there before: now there are two of each.
    expect(copiesOfLast(bench)).toBe(2);
  });

  it("waits whole however long it is, and goes on in the middle of it", () => {
    const long = { tokens: blocks(2500) };
    const bench = new Bench().add("a").add("b");
    for (const name of ["a", "b"]) bench.send(name, stored(long, { from: 10 }));
    expect(bench.index.stats()).toMatchObject({ blocks: 0, parked: 2 * 2490 });
    bench.send("a", stored(long, { to: 10 }));
    expect(bench.ask(long)).toEqual({ "a/0": 2500 });
    expect(bench.index.stats()).toMatchObject({ blocks: 2500, parked: 2490, orphansAdopted: 2490 });
    bench.send("a", removed(long, { from: 100, to: 2000 }), stored(long, { from: 101 }));
    expect(bench.index.stats()).toMatchObject({ blocks: 600, parked: 2490 + 1899 });
    bench.send("a", stored(long, { from: 100, to: 101 }));
    expect(bench.ask(long)).toEqual({ "a/0": 2500 });
  });

  it("waits in the order of its blocks, each for the one before it", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { from: 1 }), removed(prompt, { from: 2, to: 3 }), stored(prompt, { to: 1 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 2 });
    expect(bench.index.stats()).toMatchObject({ blocks: 2, parked: 3, orphansAdopted: 1 });
    bench.send("a", stored(prompt, { from: 2, to: 3 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
  });

  it("branches where several wait for one parent", () => {
    const bench = new Bench().add("a");
    const branches = [1, 2, 3].map((label) => ({ tokens: [...prompt.tokens.slice(0, 4), ...blocks(2, label)] }));
    for (const branch of branches) bench.send("a", stored(branch, { from: 2 }));
    bench.send("a", stored(prompt, { to: 2 }));
    expect(branches.map((branch) => bench.ask(branch))).toEqual(branches.map(() => ({ "a/0": 4 })));
    expect(bench.index.stats()).toMatchObject({ blocks: 8, nodes: 8, parked: 0 });
  });
});

describe("copies of a block that waits", () => {
  it("all count once its parent comes", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { from: 5 }), stored(prompt, { from: 5 }), stored(prompt, { from: 5 }));
    expect(bench.index.stats()).toMatchObject({ parked: 1, orphansParked: 3 });
    bench.send("a", stored(prompt, { to: 5 }));
    expect(copiesOfLast(bench)).toBe(3);
  });

  it("are forgotten when it comes with other tokens, another salt or under another adapter", () => {
    const others = [
      { tokenIds: [77, 78] },
      { extraKeys: [["salted"]] },
      { loraName: "sql", loraId: 1, extraKeys: [["sql"]] },
    ];
    for (const other of others) {
      const bench = new Bench().add("a");
      bench.send("a", stored(prompt, { from: 5 }, other), stored(prompt, { from: 5 }, other));
      bench.send("a", stored(prompt, { from: 5 }), stored(prompt, { to: 5 }));
      expect(copiesOfLast(bench)).toBe(1);
    }
  });

  it("count in the group and the medium that named them", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { from: 5, medium: "CPU" }), stored(prompt, { from: 5 }), stored(prompt, { to: 5 }));
    expect(copiesOfLast(bench)).toBe(10);
    bench.send("a", removed(prompt, { from: 5, medium: "CPU" }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 5 });
  });
});

describe("a hash without a place", () => {
  it("gets it from the event that says where it stands, with the copies it had", () => {
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, {}, placeholder), stored(prompt, {}, placeholder));
    expect(bench.index.stats()).toMatchObject({ blocks: 0, unplaced: 6, parked: 0, sparseEvents: 2 });
    bench.send("a", stored(prompt));
    expect(bench.index.stats()).toMatchObject({ blocks: 6, unplaced: 0 });
    expect(copiesOfLast(bench)).toBe(3);
  });

  it("gets it from another group of the holder, there already or still to come", () => {
    const bench = new Bench().add("a", { groups: 2 });
    bench.send("a", stored(prompt, { group: 1, to: 3 }), stored(prompt, { group: 0 }, placeholder));
    expect(bench.index.stats()).toMatchObject({ blocks: 6, unplaced: 3 });
    expect(bench.ask(prompt)).toEqual({ "a/0": 3 });
    bench.send("a", stored(prompt, { group: 1, from: 3 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats()).toMatchObject({ blocks: 12, unplaced: 0 });
  });

  it("is not found on another holder", () => {
    const bench = new Bench().add("a").add("b");
    bench.send("a", stored(prompt));
    bench.send("b", stored(prompt, {}, placeholder));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
    expect(bench.index.stats()).toMatchObject({ blocks: 6, unplaced: 6 });
  });

  it("is where a child of another group may begin", () => {
    const bench = new Bench().add("a", { groups: 2 });
    bench.send("a", stored(prompt, { group: 0, to: 3 }), stored(prompt, { group: 1, from: 3 }));
    expect(bench.index.stats()).toMatchObject({ blocks: 6, parked: 0 });
    bench.send("a", stored(prompt, { group: 0, from: 3 }), stored(prompt, { group: 1, to: 3 }));
    expect(bench.ask(prompt)).toEqual({ "a/0": 6 });
  });
});

describe("a parent under another adapter, salt or block size", () => {
  it("is no parent, until one that fits comes under the same hash", () => {
    const below = { parent: hashOf(prompt, 2), blockHashes: hashesOf(prompt, 2, 6) };
    const bench = new Bench().add("a");
    bench.send("a", stored(prompt, { to: 2 }), stored(adapter, { from: 2 }, below));
    expect(bench.index.stats()).toMatchObject({ blocks: 2, parked: 4 });
    bench.send("a", stored(adapter, { to: 2 }, { blockHashes: hashesOf(prompt, 0, 2) }));
    expect([bench.ask(adapter), bench.ask(prompt)]).toEqual([{ "a/0": 6 }, { "a/0": 2 }]);
    expect(bench.index.stats()).toMatchObject({ blocks: 8, parked: 0, conflicts: 2 });
  });

  it("leaves a block that is placed where it stands: the copy that waits in vain is not believed", () => {
    const bench = new Bench().add("a");
    const nowhere = { parent: 99n, blockHashes: hashesOf(prompt, 2, 6) };
    bench.send("a", stored(prompt), stored(adapter, { from: 2 }, nowhere));
    expect(bench.index.stats()).toMatchObject({ blocks: 6, parked: 0, orphansParked: 0 });
    expect(copiesOfLast(bench)).toBe(1);
  });

  it("is told from one of the same tokens by the salt that a later block does not repeat", () => {
    const salted = { ...prompt, salt: "s" };
    const bench = new Bench().add("a");
    bench.send("a", stored(salted, { from: 3 }), stored(salted, { to: 3 }));
    expect([bench.ask(salted), bench.ask(prompt)]).toEqual([{ "a/0": 6 }, {}]);
  });
});

describe("blocks that carry more than text", () => {
  const image = (id: string) => [[id, 0] as const];
  const long = { tokens: blocks(1200) };
  const withImage = (at: number, id: string) => Array.from({ length: 1200 }, (_, i) => (i === at ? image(id) : null));

  it.each([0, 5, 1023, 1024, 1100])("end what text may match at block %i, and theirs alone", (at) => {
    const bench = new Bench().add("a").add("b").add("c");
    bench.send("a", stored(long, {}, { extraKeys: withImage(at, "cat") }));
    bench.send("b", stored(long, {}, { extraKeys: withImage(at, "dog") }));
    bench.send("c", stored(long));
    const upTo = at === 0 ? {} : { "a/0": at, "b/0": at };
    expect(bench.ask(long)).toEqual({ ...upTo, "c/0": 1200 });
    expect(bench.index.stats()).toMatchObject({ blocks: 3600, nodes: at + 3 * (1200 - at) });
  });

  it("are chained by what they carry when they had to wait", () => {
    const bench = new Bench().add("a");
    const keys = withImage(700, "cat").slice(600);
    bench.send("a", stored(long, { from: 600 }, { extraKeys: keys }), stored(long, { to: 600 }));
    expect(bench.ask(long)).toEqual({ "a/0": 700 });
  });
});
