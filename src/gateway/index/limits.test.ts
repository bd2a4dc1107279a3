/** What happens at the limits that nobody meets on an ordinary day, and between two lives of a holder. */
import { describe, expect, it } from "vitest";
import { BlockStore } from "./block-store.js";
import { Holder } from "./holder.js";
import { Bench, blocks, removed, stored } from "./index-test-kit.js";

const prompt = { tokens: blocks(2) };

describe("copies of one hash", () => {
  it.each(["copies", "set"] as const)("are counted up to 65,535 in each medium, or as one (%s)", (duplicates) => {
    const store = new BlockStore(100, 10, 1);
    const spec = { engine: "a", rank: 0, model: "m", blockSize: 2 };
    const holder = new Holder(1, spec, store.contexts.openModel("m"), duplicates);
    const lane = store.openLane(holder, 0);
    lane.openColumn("GPU");
    const cpu = lane.openColumn("CPU");
    store.insert(lane, lane.held.find(5, 6), 5, 6, 0, 1);
    const slot = lane.held.find(5, 6);
    for (const column of [0, cpu]) {
      const counted = [0xfffd, 0xfffe, 0xffff].map((copies) => {
        lane.held.setCopies(slot, column, copies);
        store.addCopy(lane, slot, column);
        return lane.held.copies(slot, column);
      });
      expect(counted).toEqual(duplicates === "set" ? [1, 1, 1] : [0xfffe, 0xffff, 0xffff]);
    }
    expect([store.entries, store.unplaced, holder.unplaced]).toEqual([1, 1, 1]);
    store.drop(lane, slot);
    expect([store.entries, store.unplaced, holder.unplaced]).toEqual([0, 0, 0]);
  });
});

describe("contexts of one holder", () => {
  it("are found again however many others came in between, and after they were empty", () => {
    const bench = new Bench().add("a");
    const salted = Array.from({ length: 12 }, (_, i) => ({ ...prompt, salt: `s${i}` }));
    for (const one of salted) bench.send("a", stored(one, { to: 1 }));
    for (const one of salted) bench.send("a", stored(one, { from: 1 }));
    expect(salted.map((one) => bench.ask(one))).toEqual(salted.map(() => ({ "a/0": 2 })));
    expect(bench.index.stats()).toMatchObject({ blocks: 24, nodes: 24 });
    for (const one of salted) bench.send("a", removed(one));
    expect(bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0 });
    for (const one of salted.toReversed()) {
      bench.send("a", stored(one), stored(one));
      expect(bench.ask(one)).toEqual({ "a/0": 2 });
    }
    expect(salted.map((one) => bench.ask(one))).toEqual(salted.map(() => ({ "a/0": 2 })));
    expect(bench.ask(prompt)).toEqual({});
  });
});

describe("adapters of one holder", () => {
  const MOST = 4096;
  const one = (name: number, loraId: number) => stored({ lora: `l${name}`, tokens: blocks(1) }, {}, { loraId });

  it("are known by their ids up to a limit; beyond it all are forgotten, and nothing that is held", () => {
    const bench = new Bench().add("a");
    for (let from = 0; from < MOST; from += 512) {
      bench.send("a", ...Array.from({ length: 512 }, (_, i) => one(from + i, 1)));
    }
    bench.send("a", one(7, 1));
    expect([bench.index.adapterId("a", "l0"), bench.index.stats().adapterReloads]).toEqual([1, 0]);
    bench.send("a", one(0, 2));
    expect([bench.index.adapterId("a", "l0"), bench.index.stats().adapterReloads]).toEqual([2, 1]);
    expect([bench.index.adapterId("a", "l1"), bench.index.stats().blocks]).toEqual([null, MOST]);
    // Nobody can tell any more that this is another adapter.
    bench.send("a", one(1, 9));
    expect([bench.index.adapterId("a", "l1"), bench.index.stats().adapterReloads]).toEqual([9, 1]);
  });

  it("are told apart by ids alone where an engine sends no names", () => {
    const bench = new Bench().add("a");
    const unnamed = { loraId: 7, loraName: null };
    bench.send("a", stored(prompt, {}, unnamed));
    expect([bench.ask(prompt), bench.ask({ ...prompt, lora: "\u0000id 7" })]).toEqual([{}, { "a/0": 2 }]);
    expect([bench.index.adapterId("a", "\u0000id 7"), bench.index.stats().adapterReloads]).toEqual([null, 0]);
  });
});

describe("a purge", () => {
  it("forgets groups that were learned from events, and goes on demanding those that were announced", () => {
    for (const [groups, answer] of [
      [0, { "a/0": 2 }],
      [1, { "a/0": 2 }],
      [2, {}],
    ] as const) {
      const bench = new Bench().add("a", { groups });
      bench.send("a", stored(prompt, { group: 0 }), stored(prompt, { group: 1 }));
      expect(bench.ask(prompt)).toEqual({ "a/0": 2 });
      bench.index.sink(bench.id("a")).purge();
      expect([bench.ask(prompt), bench.index.blocksOf("a")]).toEqual([{}, 0]);
      bench.send("a", stored(prompt, { group: 0 }));
      expect([bench.ask(prompt), bench.index.blocksOf("a")]).toEqual([answer, 2]);
    }
  });
});
