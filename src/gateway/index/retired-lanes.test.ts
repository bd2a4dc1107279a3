/** Taking out what a lane held, some slots at a time: every block once, the lane closed after its last slot. */
import { beforeEach, describe, expect, it } from "vitest";
import { Contexts } from "./contexts.js";
import { Rng } from "../../base/rng.js";
import { Holder, Lane } from "./holder.js";
import { RetiredLanes } from "./retired-lanes.js";

let retired: RetiredLanes;
/** What was taken out, in order: [bit of the lane, node]; and the lanes that were closed. */
let left: [number, number][];
let touched: number;
let closed: number[];
const tables = {
  touch: (_: Int32Array, count: number) => void (touched += count),
  leave: (lane: Lane, node: number) => void left.push([lane.bit, node]),
  close: (lane: Lane) => void closed.push(lane.bit),
};

beforeEach(() => {
  retired = new RetiredLanes();
  [left, touched, closed] = [[], 0, []];
});

function laneWith(bit: number, nodes: readonly number[], unplaced = 0): Lane {
  const spec = { engine: "a", rank: 0, model: "m", blockSize: 2 };
  const holder = new Holder(1, spec, new Contexts(new Rng(1)).openModel("m"), "copies");
  const lane = new Lane(holder, 0, bit, 99);
  for (const node of nodes) lane.held.insert(lane.held.find(node, 0), node, 0, node, 0, 0);
  for (let i = 0; i < unplaced; i++) lane.held.insert(lane.held.find(-i, 1), -i, 1, 1, 0, 0);
  lane.unplaced = unplaced;
  return lane;
}
const nodesFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
const nodesLeft = (): number[] => left.map(([, node]) => node).sort((a, b) => a - b);

describe("retired lanes", () => {
  it("are swept whole, entry by entry, those at no node aside", () => {
    const lane = laneWith(3, nodesFrom(10, 5), 2);
    retired.add(lane);
    expect([retired.count, retired.entries, retired.bytes, retired.bits[0]]).toEqual([1, 5, lane.held.bytes, 1 << 3]);
    expect(retired.sweep(16, tables)).toBe(5);
    expect([nodesLeft(), touched, closed]).toEqual([nodesFrom(10, 5), 5, [3]]);
    expect([retired.count, retired.entries, retired.bytes, retired.bits[0]]).toEqual([0, 0, 0, 0]);
    expect(retired.sweep(16, tables)).toBe(0);
  });

  it("are swept in the order of retiring, as many slots as asked for at a time", () => {
    retired.add(laneWith(0, nodesFrom(10, 400)));
    retired.add(laneWith(1, nodesFrom(1000, 3)));
    let taken = 0;
    // A table of 1024 slots, and one of 16.
    for (const slots of [300, 300, 300]) taken += retired.sweep(slots, tables);
    expect([left.length, retired.entries, closed]).toEqual([taken, 403 - taken, []]);
    expect(left.every(([bit]) => bit === 0)).toBe(true);
    expect(taken).toBeGreaterThan(300);
    retired.sweep(124, tables);
    expect([closed, retired.count, retired.entries, retired.bits[0]]).toEqual([[0], 1, 3, 2]);
    retired.sweep(16, tables);
    expect([nodesLeft(), touched]).toEqual([[...nodesFrom(10, 400), ...nodesFrom(1000, 3)], 403]);
    expect([closed, retired.count, retired.bits[0]]).toEqual([[0, 1], 0, 0]);
  });

  it("are swept from one lane into the next when slots are left over", () => {
    for (const bit of [0, 1, 2]) retired.add(laneWith(bit, nodesFrom(10 * bit + 10, 4)));
    retired.sweep(33, tables);
    expect([closed, retired.count]).toEqual([[0, 1], 1]);
    retired.sweep(15, tables);
    expect([closed, left.length]).toEqual([[0, 1, 2], 12]);
  });

  it("keep their bits when there are more lanes than one word has", () => {
    retired.add(laneWith(31, [10]));
    retired.widen(4);
    expect(retired.bits).toHaveLength(4);
    retired.add(laneWith(70, [11]));
    retired.widen(2);
    expect([...retired.bits]).toEqual([1 << 31, 0, 1 << 6, 0]);
    retired.sweep(16, tables);
    expect([...retired.bits]).toEqual([0, 0, 1 << 6, 0]);
  });
});
