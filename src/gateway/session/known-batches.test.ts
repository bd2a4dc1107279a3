/** How batches are known again: those that were applied, and those that nobody could read. */
import { describe, expect, it } from "vitest";
import { RecentBatches, sameBytes } from "./recent-batches.js";
import { UndecodableBatches } from "./undecodable-batches.js";

/** 40 bytes; `at` = the one that is different. */
function bytes(at = -1, length = 40): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i === at ? 99 : i));
}

describe("RecentBatches", () => {
  it("know a batch by its number, its length and its first 24 bytes", () => {
    const recent = new RecentBatches();
    recent.remember(5, bytes());
    const others = [bytes(), bytes(0), bytes(23), bytes(24), bytes(-1, 39), bytes(-1, 23)];
    expect(others.map((payload) => recent.has(5, payload))).toEqual([true, false, false, true, false, false]);
    expect(others.map((payload) => recent.differs(5, payload))).toEqual([false, true, true, false, true, true]);
    recent.remember(6, bytes(-1, 3));
    expect([recent.has(6, bytes(-1, 3)), recent.has(6, bytes(2, 3))]).toEqual([true, false]);
  });

  it("know nothing of numbers that were not remembered, or forgotten", () => {
    const recent = new RecentBatches();
    const known = (seq: number): boolean[] => [recent.has(seq, bytes()), recent.differs(seq, bytes(0))];
    expect([0, 1].map(known)).toEqual([
      [false, false],
      [false, false],
    ]);
    recent.remember(1, bytes());
    expect(known(1)).toEqual([true, true]);
    recent.clear();
    expect(known(1)).toEqual([false, false]);
  });

  it("are the last 1,024", () => {
    const recent = new RecentBatches();
    for (let seq = 0; seq < 1500; seq++) recent.remember(seq, bytes(seq % 20));
    const seen = Array.from({ length: 1500 }, (_, seq) => seq).filter((seq) => recent.has(seq, bytes(seq % 20)));
    expect(seen).toEqual(Array.from({ length: 1024 }, (_, i) => 476 + i));
    expect([recent.differs(475, bytes(30)), recent.differs(476, bytes(19))]).toEqual([false, true]);
  });
});

describe("UndecodableBatches", () => {
  it("are known by every byte of their latest copy", () => {
    const undecodable = new UndecodableBatches();
    expect(undecodable.has(5, bytes())).toBe(false);
    undecodable.remember(5, bytes(1));
    undecodable.remember(5, bytes());
    const copies = [bytes(), bytes(1), bytes(39), bytes(-1, 39)];
    expect(copies.map((payload) => undecodable.has(5, payload))).toEqual([true, false, false, false]);
    expect(undecodable.has(6, bytes())).toBe(false);
    undecodable.clear();
    expect(undecodable.has(5, bytes())).toBe(false);
  });

  it("are 1,024 numbers at most, of which the latest copy counts", () => {
    const undecodable = new UndecodableBatches();
    for (let seq = 0; seq < 1030; seq++) undecodable.remember(seq, bytes());
    expect([1023, 1024, 1029].map((seq) => undecodable.has(seq, bytes()))).toEqual([true, false, false]);
    undecodable.remember(7, bytes(3));
    expect([undecodable.has(7, bytes()), undecodable.has(7, bytes(3))]).toEqual([false, true]);
  });
});

describe("the proof of continuity", () => {
  it("is the same bytes, all of them and no more", () => {
    expect(sameBytes(bytes(), bytes())).toBe(true);
    expect([bytes(0), bytes(39), bytes(-1, 39), bytes(-1, 41)].map((other) => sameBytes(bytes(), other))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(sameBytes(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});
