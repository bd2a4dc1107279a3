/** How much memory a lane's table takes, when it grows and shrinks, and that nothing is lost on the way. */
import { describe, expect, it } from "vitest";
import { Residency } from "./residency.js";

/** A slot, its entry, and copies in the media after the first. */
const bytesOf = (slots: number, extraColumns = 0): number => slots * (4 + 12 + 2 * extraColumns);

function add(
  table: Residency,
  hash: number,
  facts: { node?: number; generation?: number; column?: number } = {},
): void {
  const { node = hash + 2, generation = 0, column = 0 } = facts;
  table.insert(table.find(hash, 7), hash, 7, node, generation, column);
}
function holding(count: number): Residency {
  const table = new Residency(77);
  for (let hash = 0; hash < count; hash++) add(table, hash);
  return table;
}
function remove(table: Residency, from: number, to: number): void {
  for (let hash = from; hash < to; hash++) table.removeAt(table.find(hash, 7));
}
/** Nodes of hashes 0 .. count; a negative number where one is not held. */
const nodesOf = (table: Residency, count: number): number[] =>
  Array.from({ length: count }, (_, hash) => {
    const slot = table.find(hash, 7);
    return slot < 0 ? -1 : table.nodeAt(slot);
  });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 2);

describe("the size of a lane's table", () => {
  it("doubles at a load of 0.7 until it is large, then grows by a quarter", () => {
    const table = new Residency(77);
    const grown: [number, number][] = [];
    for (let hash = 0; hash < 2300; hash++) {
      const before = table.capacity;
      add(table, hash);
      if (table.capacity !== before) grown.push([table.count, table.capacity]);
    }
    const doubled = [12, 23, 45, 90, 180, 359, 717].map((count, i) => [count, 32 << i]);
    expect(grown).toEqual([...doubled, [1434, 2560], [1793, 3200], [2241, 4000]]);
    expect(table.bytes).toBe(bytesOf(4000));
    expect(nodesOf(table, 2300)).toEqual(upTo(2300));
  });

  it("shrinks to twice what is left once that is less than 0.15 of it, and never below its first size", () => {
    const table = holding(100);
    expect(table.bytes).toBe(bytesOf(256));
    remove(table, 39, 100);
    table.shrink();
    expect(table.bytes).toBe(bytesOf(256));
    remove(table, 38, 39);
    table.shrink();
    expect(table.bytes).toBe(bytesOf(76));
    expect(nodesOf(table, 40)).toEqual([...upTo(38), -1, -1]);
    remove(table, 0, 38);
    table.shrink();
    expect([table.count, table.bytes]).toEqual([0, bytesOf(16)]);
    const small = holding(1);
    small.shrink();
    expect(small.bytes).toBe(bytesOf(16));
  });

  it("counts the copies of each further medium", () => {
    const table = holding(12);
    table.addColumn();
    table.addColumn();
    expect([table.extraColumns, table.bytes]).toEqual([2, bytesOf(32, 2)]);
  });
});

describe("what a lane's table knows of a hash", () => {
  const largest = { node: 2 ** 24 - 1, generation: 0xffff };

  it("is its node, its age and its copies in every medium, each changed without the others", () => {
    const table = new Residency(77);
    table.addColumn();
    add(table, 5, largest);
    const slot = table.find(5, 7);
    const facts = () => [table.nodeAt(slot), table.generation(slot), table.copies(slot, 0), table.copies(slot, 1)];
    expect(facts()).toEqual([largest.node, largest.generation, 1, 0]);
    table.setCopies(slot, 0, 0xffff);
    table.setCopies(slot, 1, 0xfffe);
    expect(facts()).toEqual([largest.node, largest.generation, 0xffff, 0xfffe]);
    table.touch(slot, 0x8001);
    expect(facts()).toEqual([largest.node, 0x8001, 0xffff, 0xfffe]);
    table.setNode(slot, 3);
    expect(facts()).toEqual([3, 0x8001, 0xffff, 0xfffe]);
    expect([table.find(5, 7), table.hashLow(slot), table.hashHigh(slot)]).toEqual([slot, 5, 7]);
    table.clearCopies(slot);
    expect(facts()).toEqual([3, 0x8001, 0, 0]);
  });

  it("is held while any medium has a copy, and placed once its node is known", () => {
    const table = new Residency(77);
    table.addColumn();
    table.addColumn();
    add(table, 5, { node: 1, column: 2 });
    const slot = table.find(5, 7);
    expect([0, 1, 2].map((column) => table.copies(slot, column))).toEqual([0, 0, 1]);
    expect([table.isHeld(slot), table.isPlaced(slot)]).toEqual([true, false]);
    table.setNode(slot, 2);
    table.setCopies(slot, 2, 0);
    expect([table.isHeld(slot), table.isPlaced(slot)]).toEqual([false, true]);
    table.setCopies(slot, 0, 1);
    expect(table.isHeld(slot)).toBe(true);
    table.removeAt(slot);
    expect([table.isPlaced(slot), table.count]).toEqual([false, 0]);
  });

  it("stays the same while the table grows, loses neighbours and shrinks", () => {
    const table = new Residency(77);
    table.addColumn();
    table.addColumn();
    const facts = (hash: number) => {
      const slot = table.find(hash, 7);
      return [table.nodeAt(slot), table.generation(slot), ...[0, 1, 2].map((column) => table.copies(slot, column))];
    };
    const expected = (hash: number) => [hash + 2, hash, ...[0, 1, 2].map((column) => (hash % 3 === column ? 1 : 0))];
    for (let hash = 0; hash < 500; hash++) add(table, hash, { generation: hash, column: hash % 3 });
    for (let hash = 0; hash < 500; hash++) expect(facts(hash)).toEqual(expected(hash));
    remove(table, 50, 500);
    for (let hash = 0; hash < 50; hash++) expect(facts(hash)).toEqual(expected(hash));
    table.shrink();
    expect(table.bytes).toBe(bytesOf(100, 2));
    for (let hash = 0; hash < 50; hash++) expect(facts(hash)).toEqual(expected(hash));
    remove(table, 15, 50);
    table.shrink();
    expect(table.bytes).toBe(bytesOf(100, 2));
    remove(table, 14, 15);
    table.shrink();
    expect(table.bytes).toBe(bytesOf(28, 2));
  });

  it("is found whichever others are removed, wherever they lie", () => {
    for (let salt = 0; salt < 300; salt++) {
      const table = new Residency(salt);
      for (let hash = 0; hash < 11; hash++) add(table, hash);
      const left = new Set(upTo(11));
      for (let i = 0; i < 11; i++) {
        const gone = (i * 7 + salt) % 11;
        remove(table, gone, gone + 1);
        left.delete(gone + 2);
        expect(nodesOf(table, 11)).toEqual(upTo(11).map((node) => (left.has(node) ? node : -1)));
      }
    }
  });

  it("tells hashes apart that differ in one word alone", () => {
    const table = new Residency(77);
    for (const [low, high] of [
      [1, 2],
      [2, 1],
      [1, 1],
    ] as const)
      table.insert(table.find(low, high), low, high, 10 * low + high, 0, 0);
    const nodeOf = (low: number, high: number): number => table.nodeAt(table.find(low, high));
    expect([nodeOf(1, 2), nodeOf(2, 1), nodeOf(1, 1), table.find(2, 2) < 0]).toEqual([12, 21, 11, true]);
    for (let high = 10; high < 1500; high++) table.insert(table.find(1, high), 1, high, high, 0, 0);
    for (let high = 10; high < 1500; high++) expect(nodeOf(1, high)).toBe(high);
  });

  it("includes every entry of one hash, wherever the row of slots ends", () => {
    for (let hash = 0; hash < 64; hash++) {
      const table = new Residency(77);
      for (let node = 2; node < 7; node++) table.insert(table.find(hash, 0), hash, 0, node, 0, 0);
      const found: number[] = [];
      for (let slot = table.find(hash, 0); slot >= 0; slot = table.findNext(slot, hash, 0)) {
        found.push(table.nodeAt(slot));
      }
      expect(found).toEqual([2, 3, 4, 5, 6]);
    }
  });
});
