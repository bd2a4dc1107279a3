/** How the table of blocks grows, gives ids and memory back, and believes its guesses. */
import { describe, expect, it } from "vitest";
import { CONTEXT, KEY_HIGH, KEY_LOW, NODE_WORDS, NO_NODE, NodeTable, SET } from "./node-table.js";
import { RunStarts } from "./run-starts.js";

const FIRST = 2;

function add(table: NodeTable, low: number, high: number, context = 0): number {
  const id = table.findOrCreate(low, high, context);
  table.words[id * NODE_WORDS + SET] = 1;
  return id;
}
/** Rooms for nodes, slots of the hash table, and starts of rows. */
const bytesOf = (nodes: number, slots: number, starts: number): number => nodes * 16 + slots * 4 + starts * 4;

describe("node table", () => {
  it("makes a node once, with an empty set, and keeps ids in the order of making", () => {
    const table = new NodeTable(10);
    const id = table.findOrCreate(5, 6, 9);
    const words = table.words.slice(id * NODE_WORDS, (id + 1) * NODE_WORDS);
    expect([id, words[KEY_LOW], words[KEY_HIGH], words[SET], words[CONTEXT]]).toEqual([FIRST, 5, 6, 0, 9]);
    table.words[id * NODE_WORDS + SET] = 1;
    expect([table.findOrCreate(5, 6, 9), add(table, 5, 7), add(table, 6, 6)]).toEqual([FIRST, FIRST + 1, FIRST + 2]);
    expect(table.count).toBe(3);
    expect([table.find(5, 6), table.find(5, 7), table.find(6, 6), table.find(6, 7)]).toEqual([2, 3, 4, NO_NODE]);
  });

  it("doubles its slots at a load of 0.7, and grows its nodes by half when one more would be the last", () => {
    const table = new NodeTable(100_000);
    const grown: [number, number][] = [[0, table.bytes]];
    for (let i = 0; i < 3000; i++) {
      add(table, i * 7919, i);
      if (table.bytes !== grown.at(-1)?.[1]) grown.push([table.count, table.bytes]);
    }
    expect(grown).toEqual([
      [0, bytesOf(1024, 1024, 64)],
      [718, bytesOf(1024, 2048, 256)],
      [1022, bytesOf(1536, 2048, 256)],
      [1435, bytesOf(1536, 4096, 512)],
      [1534, bytesOf(2304, 4096, 512)],
      [2302, bytesOf(3456, 4096, 512)],
      [2869, bytesOf(3456, 8192, 1024)],
    ]);
    for (let i = 0; i < 3000; i++) expect(table.find(i * 7919, i)).toBe(FIRST + i);
  });

  it("gives freed ids out again, the last one first, and is as new once it is empty", () => {
    const table = new NodeTable(10_000);
    const ids = Array.from({ length: 2000 }, (_, i) => add(table, i, i));
    for (const id of [10, 20, 30]) table.free(id);
    expect(table.count).toBe(1997);
    expect([add(table, 1, 9), add(table, 2, 9), add(table, 3, 9), add(table, 4, 9)]).toEqual([30, 20, 10, 2002]);
    for (const id of [...ids, 2002]) table.free(id);
    expect([table.count, table.bytes]).toEqual([0, bytesOf(1024, 1024, 128)]);
    expect([table.find(1, 9), table.find(5, 5)]).toEqual([NO_NODE, NO_NODE]);
    expect([add(table, 5, 5), add(table, 6, 6)]).toEqual([FIRST, FIRST + 1]);
    expect([table.find(5, 5), table.find(6, 6)]).toEqual([FIRST, FIRST + 1]);
  });

  it("finds all keys of one home, however far from it they lie, while those before them go", () => {
    // More of one home than the distance kept beside each can tell, at the end of the slots and around it.
    for (const home of [0, 1020]) {
      const table = new NodeTable(1000);
      const ids = Array.from({ length: 20 }, (_, i) => add(table, home + (i % 3), i));
      const left = new Set(ids);
      for (const gone of [0, 9, 3, 1, 19, 12, 4, 2, 8]) {
        table.free(ids[gone] as number);
        left.delete(ids[gone] as number);
        const found = ids.map((_, i) => table.find(home + (i % 3), i));
        expect(found).toEqual(ids.map((id) => (left.has(id) ? id : NO_NODE)));
      }
    }
  });

  it("refuses to free what it does not hold", () => {
    const table = new NodeTable(1000);
    const id = add(table, 5, 6);
    add(table, 7, 8);
    table.free(id);
    expect(() => table.free(id)).toThrow(`node ${id} is not in the table`);
  });
});

describe("starts of rows", () => {
  it("are guessed by a key's low word and eight bits of its high one, until another displaces them", () => {
    const starts = new RunStarts();
    expect(starts.guess(5, 0x1200_0000)).toBe(0);
    starts.note(5, 0x1200_0000, 77);
    expect([starts.guess(5, 0x1200_0000), starts.guess(5, 0x12ff_ffff)]).toEqual([77, 77]);
    expect([starts.guess(5, 0x1300_0000), starts.guess(6, 0x1200_0000)]).toEqual([0, 0]);
    starts.note(5 + 64, -1, 2 ** 24 - 1);
    expect([starts.guess(5, 0x1200_0000), starts.guess(5, -1)]).toEqual([0, 2 ** 24 - 1]);
  });

  it("are forgotten when the table grows, and then keep one for eight of its slots, never below 64", () => {
    const starts = new RunStarts();
    expect(starts.bytes).toBe(64 * 4);
    starts.note(5, 0, 77);
    starts.resize(1024);
    expect([starts.bytes, starts.guess(5, 0)]).toEqual([128 * 4, 0]);
    starts.note(5, 0, 77);
    starts.note(5 + 64, 0, 78);
    expect([starts.guess(5, 0), starts.guess(5 + 64, 0), starts.guess(5 + 128, 0)]).toEqual([77, 78, 77]);
    starts.resize(256);
    expect(starts.bytes).toBe(64 * 4);
  });
});
