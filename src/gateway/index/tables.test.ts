/** The three tables of the index against Map and Set: a wrong probe, shift or growth would lose or invent blocks. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { EMPTY_SET, LaneSets } from "./lane-sets.js";
import { NO_NODE, NODE_WORDS, NodeTable, SET } from "./node-table.js";
import { Residency } from "./residency.js";

/** Many keys with few homes, so that clusters are long and wrap around the end. */
const keys = fc.record({ low: fc.constantFrom(0, 1, 2, 1022, 1023, -1), high: fc.nat(40) });
const script = fc.array(fc.record({ key: keys, remove: fc.boolean() }), { maxLength: 300 });
const name = (low: number, high: number) => `${low} ${high}`;

describe("node table", () => {
  it("finds what is in it and nothing else", () => {
    fc.assert(
      fc.property(script, (steps) => {
        const table = new NodeTable(1000);
        const model = new Map<string, number>();
        let reused = false;
        for (const { key, remove } of steps) {
          const known = model.get(name(key.low, key.high));
          expect(table.find(key.low, key.high)).toBe(known ?? NO_NODE);
          if (known !== undefined && remove) {
            table.free(known);
            model.delete(name(key.low, key.high));
          } else if (known === undefined) {
            const id = table.findOrCreate(key.low, key.high, 9);
            table.words[id * NODE_WORDS + SET] = 1;
            reused ||= [...model.values()].includes(id);
            model.set(name(key.low, key.high), id);
          }
          expect(table.count).toBe(model.size);
        }
        expect(reused).toBe(false);
      }),
    );
  });
  it("believes no guess of where a row begins: one that is stale or of another block finds nothing wrong", () => {
    const table = new NodeTable(1000);
    const store = (low: number, high: number): number => {
      const id = table.findOrCreate(low, high, 0);
      table.words[id * NODE_WORDS + SET] = 1;
      return id;
    };
    const [one, other] = [store(5, 1), store(5, 2)];
    table.beginsRun(5, 2, one);
    expect([table.find(5, 1), table.find(5, 2), table.find(5, 3)]).toEqual([one, other, NO_NODE]);
    table.beginsRun(5, 1, one);
    table.free(one);
    expect(table.find(5, 1)).toBe(NO_NODE);
    expect(store(9, 9)).toBe(one);
    expect(table.find(5, 1)).toBe(NO_NODE);
  });
  it("keeps ids while it grows, and hands neighbours to blocks stored together", () => {
    const table = new NodeTable(100_000);
    const rng = new Rng(1);
    const nodes = Array.from({ length: 50_000 }, () => [rng.u32() | 0, rng.u32() | 0] as const);
    const ids = nodes.map(([low, high]) => {
      const id = table.findOrCreate(low, high, 0);
      table.words[id * NODE_WORDS + SET] = 1;
      return id;
    });
    expect(ids.every((id, i) => id === (ids[0] as number) + i)).toBe(true);
    expect(nodes.every(([low, high], i) => table.find(low, high) === ids[i])).toBe(true);
    for (const id of ids) table.free(id);
    expect(table.bytes).toBeLessThan(64 * 1024);
  });
});

describe("residency", () => {
  it("finds what is in it and nothing else, with all its copies", () => {
    fc.assert(
      fc.property(script, fc.nat(2), (steps, extraColumns) => {
        const table = new Residency(77);
        for (let i = 0; i < extraColumns; i++) table.addColumn();
        const model = new Map<string, { node: number; copies: number }>();
        let next = 2;
        for (const { key, remove } of steps) {
          const known = model.get(name(key.low, key.high));
          const slot = table.find(key.low, key.high);
          expect(slot >= 0).toBe(known !== undefined);
          if (known !== undefined && remove) {
            table.removeAt(slot);
            model.delete(name(key.low, key.high));
          } else if (known === undefined) {
            const copies = (next * 7) & 0xffff;
            table.insert(slot, key.low, key.high, next, next & 0xffff, 0);
            const added = table.find(key.low, key.high);
            for (let column = 0; column <= extraColumns; column++) table.setCopies(added, column, copies + column);
            model.set(name(key.low, key.high), { node: next++, copies });
          }
          table.shrink();
        }
        expect(table.count).toBe(model.size);
        for (const [key, { node, copies }] of model) {
          const [low, high] = key.split(" ").map(Number) as [number, number];
          const slot = table.find(low, high);
          expect(table.nodeAt(slot)).toBe(node);
          expect(table.generation(slot)).toBe(node & 0xffff);
          for (let column = 0; column <= extraColumns; column++)
            expect(table.copies(slot, column)).toBe(copies + column);
        }
      }),
    );
  });
  it("keeps several entries of one hash apart", () => {
    const table = new Residency(1);
    for (let node = 2; node < 40; node++) table.insert(table.find(5, 6), 5, 6, node, 0, 0);
    const found = new Set<number>();
    for (let slot = table.find(5, 6); slot >= 0; slot = table.findNext(slot, 5, 6)) {
      found.add(table.nodeAt(slot));
    }
    expect(found.size).toBe(38);
  });
});

describe("lane sets", () => {
  it("equal sets have equal ids, whatever the way to them", () => {
    const moves = fc.array(fc.record({ node: fc.nat(4), lane: fc.nat(70) }), { maxLength: 400 });
    fc.assert(
      fc.property(moves, (steps) => {
        const sets = new LaneSets(new Rng(5));
        const lanes = Array.from({ length: 71 }, () => sets.openLane());
        const nodes = Array.from({ length: 5 }, () => ({ set: EMPTY_SET, members: new Set<number>() }));
        for (const step of steps) {
          const node = nodes[step.node] as (typeof nodes)[number];
          const lane = lanes[step.lane] as number;
          if (node.members.delete(lane)) node.set = sets.remove(node.set, lane);
          else {
            node.set = sets.add(node.set, lane);
            node.members.add(lane);
          }
          for (const other of lanes) expect(node.set !== 0 && sets.has(node.set, other)).toBe(node.members.has(other));
          for (const other of nodes) {
            const equal =
              other.members.size === node.members.size && [...other.members].every((l) => node.members.has(l));
            expect(other.set === node.set).toBe(equal);
          }
        }
        for (const node of nodes) for (const lane of node.members) node.set = sets.remove(node.set, lane);
        for (const lane of lanes) sets.closeLane(lane);
        expect(sets.count).toBe(0);
      }),
      { numRuns: Number(process.env.KVPROOF_PROPERTY_RUNS ?? 60) },
    );
  });
});
