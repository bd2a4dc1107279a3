/** How many sets there are, what they take, and that ids, lanes and memory come back. */
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { EMPTY_SET, LaneSets } from "./lane-sets.js";

/** Rooms for sets of `width` words, and slots of the hash table. */
const bytesOf = (sets: number, width: number, slots: number): number => 4 * (sets * width + sets + 2 * sets + slots);

const openedLanes = (sets: LaneSets, count: number): number[] => Array.from({ length: count }, () => sets.openLane());
/** The set with these lanes, for one more node. */
const setOf = (sets: LaneSets, ...lanes: number[]): number =>
  lanes.reduce((set, lane) => sets.add(set, lane), EMPTY_SET);
const membersOf = (sets: LaneSets, set: number): number[] =>
  Array.from({ length: sets.laneCount }, (_, lane) => lane).filter((lane) => sets.has(set, lane));

describe("lane sets", () => {
  it("count a set once however many nodes have it, until the last of them leaves it", () => {
    const sets = new LaneSets(new Rng(5));
    const [a, b] = openedLanes(sets, 2) as [number, number];
    // Each lane alone is a set from the beginning.
    expect([sets.count, sets.laneCount]).toEqual([2, 2]);
    const both = setOf(sets, a, b);
    expect(setOf(sets, b, a)).toBe(both);
    expect([sets.count, membersOf(sets, both)]).toEqual([3, [a, b]]);
    const alone = sets.remove(both, b);
    expect([sets.count, membersOf(sets, alone)]).toEqual([3, [a]]);
    expect(sets.remove(both, b)).toBe(alone);
    expect(sets.count).toBe(2);
    expect([sets.remove(alone, a), sets.remove(alone, a)]).toEqual([EMPTY_SET, EMPTY_SET]);
    expect(setOf(sets, a)).toBe(alone);
  });

  it("give the number of a closed lane to the next, and the id of a set that is gone", () => {
    const sets = new LaneSets(new Rng(5));
    const [a, b, c] = openedLanes(sets, 3) as [number, number, number];
    const ab = setOf(sets, a, b);
    sets.remove(sets.remove(ab, a), b);
    expect(setOf(sets, b, c)).toBe(ab);
    sets.remove(sets.remove(ab, b), c);
    sets.closeLane(b);
    expect(sets.count).toBe(2);
    expect([sets.openLane(), sets.laneCount, sets.count]).toEqual([b, 3, 3]);
    expect(membersOf(sets, setOf(sets, b))).toEqual([b]);
  });

  it("remember no step that led to a set that is gone", () => {
    const sets = new LaneSets(new Rng(5));
    const [a, b, c] = openedLanes(sets, 3) as [number, number, number];
    const ab = setOf(sets, a, b);
    sets.remove(sets.remove(ab, b), a);
    // The id of {a, b} is {a, c}'s now.
    expect(setOf(sets, a, c)).toBe(ab);
    expect(membersOf(sets, setOf(sets, a, b))).toEqual([a, b]);
    expect(membersOf(sets, sets.remove(ab, c))).toEqual([a]);
    expect(membersOf(sets, sets.remove(setOf(sets, a, b), a))).toEqual([b]);
  });

  it("grow with the sets, and get wider with every doubling of the lanes", () => {
    const sets = new LaneSets(new Rng(5));
    const sizes = new Map<number, number>();
    for (let lanes = 1; lanes <= 130; lanes++) {
      const before = sets.bytes;
      sets.openLane();
      if (sets.bytes !== before) sizes.set(lanes, sets.bytes);
    }
    expect([...sizes]).toEqual([
      [33, bytesOf(64, 2, 128)],
      // Set 0 is the empty one.
      [64, bytesOf(128, 2, 128)],
      [65, bytesOf(128, 4, 128)],
      [77, bytesOf(128, 4, 256)],
      [128, bytesOf(256, 4, 256)],
      [129, bytesOf(256, 8, 256)],
    ]);
    expect([sets.width, sets.count]).toEqual([8, 130]);
  });

  it("keep their members while they grow and get wider", () => {
    const sets = new LaneSets(new Rng(5));
    const first = openedLanes(sets, 20);
    const kept = first.map((_, i) => ({ lanes: first.slice(0, i + 1), set: setOf(sets, ...first.slice(0, i + 1)) }));
    const later = openedLanes(sets, 200);
    for (const lane of later) setOf(sets, first[0] as number, lane);
    for (const { lanes, set } of kept) {
      expect(membersOf(sets, set)).toEqual(lanes);
      expect(setOf(sets, ...lanes.toReversed())).toBe(set);
    }
  });
});
