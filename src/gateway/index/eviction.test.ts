/** Who gives up what at the cap, entry by entry. */
import { describe, expect, it } from "vitest";
import { Bench, blocks, removed, stored } from "./index-test-kit.js";

/** New entries of one generation of a small lane: its first and sixteen more. */
const GENERATION = 17;
const ten = (label: number) => ({ tokens: blocks(10, label) });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** One engine that holds ten prompts of ten blocks, all that there is room for. */
function full(): Bench {
  const bench = new Bench({ maxBlocks: 100 }).add("a");
  for (const label of upTo(10)) bench.send("a", stored(ten(label)));
  return bench;
}
/** Leading blocks of prompts 1 .. count. */
const held = (bench: Bench, count: number, engine = "a"): number[] =>
  upTo(count).map((label) => bench.ask(ten(label))[`${engine}/0`] ?? 0);

describe("the cap", () => {
  it("takes an engine's oldest generation, whole, when room is needed and not before", () => {
    const bench = full();
    expect(held(bench, 10)).toEqual(Array(10).fill(10));
    expect(bench.index.stats()).toMatchObject({ blocks: 100, evictedByCap: 0, capBlocks: 100 });
    bench.send("a", stored(ten(11)));
    // Of the second prompt 3 blocks are left, behind a hole.
    expect(held(bench, 11)).toEqual([0, 0, 10, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(bench.index.stats()).toMatchObject({ blocks: 110 - GENERATION, evictedByCap: GENERATION });
    bench.send("a", stored(ten(12)));
    expect(held(bench, 12)).toEqual([0, 0, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(bench.index.stats()).toMatchObject({ blocks: 120 - 2 * GENERATION, evictedByCap: 2 * GENERATION });
  });

  it("keeps what was stored again of late", () => {
    const bench = new Bench({ maxBlocks: 110 }).add("a");
    for (const label of [...upTo(10), 1, 11]) bench.send("a", stored(ten(label)));
    expect(bench.index.stats()).toMatchObject({ blocks: 110, evictedByCap: 0 });
    bench.send("a", stored(ten(12)));
    // Seven blocks of the second prompt were all that was left of the first generation.
    expect(held(bench, 12)).toEqual([10, 0, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(bench.index.stats()).toMatchObject({ blocks: 96, evictedByCap: 7 + GENERATION });
  });

  it("takes from the engine that holds most, and of two that hold as much from the first", () => {
    const bench = new Bench({ maxBlocks: 100 }).add("a").add("b").add("c");
    for (const label of upTo(4)) for (const engine of ["a", "b"]) bench.send(engine, stored(ten(label)));
    for (const label of [5, 6]) bench.send("c", stored(ten(label)));
    bench.send("c", stored(ten(7)));
    expect([held(bench, 4, "a"), held(bench, 4, "b")]).toEqual([
      [0, 0, 10, 10],
      [10, 10, 10, 10],
    ]);
    bench.send("c", stored(ten(8)));
    expect([held(bench, 4, "a"), held(bench, 4, "b")]).toEqual([
      [0, 0, 10, 10],
      [0, 0, 10, 10],
    ]);
    expect(bench.ask(ten(8))).toEqual({ "c/0": 10 });
  });

  it("takes nothing from engines that left", () => {
    const bench = new Bench({ maxBlocks: 40 }).add("a").add("gone").add("b");
    for (const engine of ["a", "gone", "b"]) bench.send(engine, stored(ten(1)));
    bench.remove("gone");
    for (const label of [2, 3, 4]) bench.send("b", stored(ten(label)));
    expect([held(bench, 4, "a"), held(bench, 4, "b")]).toEqual([
      [10, 0, 0, 0],
      [0, 0, 10, 10],
    ]);
    expect(bench.index.stats().evictedByCap).toBe(GENERATION);
  });

  it("takes unplaced and parked entries too, and counts later removals of what it took as unknown", () => {
    const bench = new Bench({ maxBlocks: 20 }).add("a");
    const placeholder = { tokenIds: [], blockSize: 0, parent: null, extraKeys: undefined };
    bench.send("a", stored(ten(1), { to: 5 }, placeholder), stored(ten(2), { from: 4 }), stored(ten(3), { to: 9 }));
    expect(bench.index.stats()).toMatchObject({ blocks: 9, unplaced: 5, parked: 6, evictedByCap: 0 });
    bench.send("a", stored(ten(4), { to: 1 }));
    expect(bench.index.stats()).toMatchObject({ blocks: 4, unplaced: 0, parked: 0, evictedByCap: GENERATION });
    expect([held(bench, 4), bench.index.blocksOf("a")]).toEqual([[0, 0, 0, 1], 4]);
    bench.send("a", removed(ten(2), { from: 4 }), stored(ten(2), { to: 4 }));
    expect(bench.index.stats()).toMatchObject({ unknownRemovals: 6, blocks: 8 });
    expect(held(bench, 4)).toEqual([0, 4, 0, 1]);
  });

  it("makes the generations of a large engine a sixteenth of what it holds", () => {
    const bench = new Bench({ maxBlocks: 2000 }).add("a");
    bench.send("a", stored({ tokens: blocks(2000, 1) }));
    const taken: number[] = [];
    for (let label = 2; taken.length < 20; label++) {
      const before = bench.index.stats().evictedByCap;
      bench.send("a", stored(ten(label)));
      const more = bench.index.stats().evictedByCap - before;
      if (more > 0) taken.push(more);
    }
    // The 17th began when the engine held 16 x 17 blocks.
    expect(taken).toEqual([...Array<number>(16).fill(GENERATION), 18, 19, 20, 21]);
  });
});
