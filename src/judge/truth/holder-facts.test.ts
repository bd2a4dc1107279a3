/** What a holder can tell of one block beside whether it is held: since when, until when, and what consumers cannot know. */
import { describe, expect, it } from "vitest";
import { Flag, Holder, Removal } from "./holder.js";

const GPU = 0;
const CPU = 1;

/** All that is known of block 1 at some moment. */
function facts(holder: Holder): Record<string, unknown> {
  const entry = holder.entry(1);
  const flags = holder.flags(entry);
  return {
    flags: Object.entries(Flag).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name])),
    heldSince: holder.heldSince(entry),
    copiesSince: holder.copiesSince(entry),
    lostAt: holder.lostAt(entry),
    resident: holder.resident,
  };
}

describe("the facts of a block", () => {
  it("begin with its first copy in one group, and it is held from the moment on that the last group has one", () => {
    const holder = new Holder(0, 2);
    holder.store(1, 0, GPU, 10, true);
    expect(facts(holder)).toEqual({
      flags: ["remnant"],
      heldSince: undefined,
      copiesSince: undefined,
      lostAt: undefined,
      resident: 0,
    });
    holder.store(1, 1, CPU, 20, true);
    expect(facts(holder)).toEqual({
      flags: ["ever", "inLife", "offGpu"],
      heldSince: 20,
      copiesSince: 10,
      lostAt: undefined,
      resident: 1,
    });
    holder.store(1, 1, GPU, 30, true);
    expect(facts(holder)).toMatchObject({ heldSince: 20, copiesSince: 10, resident: 1 });
  });

  it("tell a survivor, a remnant and a loss apart", () => {
    const holder = new Holder(0, 2);
    for (const [group, medium] of [
      [0, GPU],
      [0, CPU],
      [1, GPU],
    ] as const)
      holder.store(1, group, medium, 10, true);
    expect(holder.remove(1, 0, CPU, 20, true)).toBe(Removal.survived);
    expect(facts(holder)).toMatchObject({
      flags: ["ever", "inLife", "offGpu", "survivor"],
      heldSince: 10,
      resident: 1,
    });
    expect(holder.remove(1, 1, GPU, 30, true)).toBe(Removal.lost);
    expect(facts(holder)).toEqual({
      flags: ["ever", "inLife", "offGpu", "remnant"],
      heldSince: undefined,
      copiesSince: undefined,
      lostAt: 30,
      resident: 0,
    });
    expect(holder.remove(1, 0, GPU, 40, true)).toBe(Removal.remnant);
    expect(facts(holder)).toMatchObject({ flags: ["ever", "inLife", "offGpu"], lostAt: 30, resident: 0 });
    expect(holder.remove(1, 0, GPU, 50, true)).toBe(Removal.impossible);
    expect(holder.remove(2, 0, GPU, 50, true)).toBe(Removal.impossible);
    holder.store(1, 0, GPU, 60, true);
    holder.store(1, 1, GPU, 70, true);
    expect(facts(holder)).toMatchObject({ heldSince: 70, copiesSince: 60, lostAt: undefined, resident: 1 });
  });

  it("lose the mark of an untold store with a told one after a loss, and not with a second copy", () => {
    const holder = new Holder(0, 1);
    holder.store(1, 0, GPU, 10, false);
    holder.store(1, 0, GPU, 20, true);
    expect(facts(holder)).toMatchObject({ flags: ["ever", "inLife", "untoldStore"], heldSince: 10 });
    holder.remove(1, 0, GPU, 30, true);
    holder.remove(1, 0, GPU, 40, true);
    holder.store(1, 0, GPU, 50, true);
    expect(facts(holder)).toMatchObject({ flags: ["ever", "inLife"], heldSince: 50 });
  });

  it("keep the mark of what was told twice, or taken away in silence, until a clear", () => {
    const doubled = new Holder(0, 1);
    doubled.store(1, 0, GPU, 10, true, true);
    doubled.remove(1, 0, GPU, 20, true);
    doubled.store(1, 0, GPU, 30, true);
    expect(facts(doubled).flags).toEqual(["ever", "inLife", "overstated"]);
    const silent = new Holder(0, 1);
    silent.store(1, 0, GPU, 10, true);
    silent.remove(1, 0, GPU, 20, false);
    expect(facts(silent)).toMatchObject({ flags: ["ever", "inLife", "overstated"], lostAt: 20 });
    expect([silent.possibly(silent.entry(1), 100, 200), silent.intervals(silent.entry(1), 100, 200)]).toEqual([
      true,
      [[100, 200]],
    ]);
    silent.clear(30, true);
    expect(facts(silent).flags).toEqual(["ever", "inLife"]);
    expect([silent.possibly(silent.entry(1), 100, 200), silent.intervals(silent.entry(1), 100, 200)]).toEqual([
      false,
      [],
    ]);
  });

  it("end with a clear, and only that it was ever held outlives the process", () => {
    const holder = new Holder(0, 1);
    holder.lostBefore = 5;
    holder.store(1, 0, CPU, 10, true);
    holder.clear(20, true);
    expect(facts(holder)).toEqual({
      flags: ["ever", "inLife"],
      heldSince: undefined,
      copiesSince: undefined,
      lostAt: 20,
      resident: 0,
    });
    expect([holder.remove(1, 0, CPU, 25, true), holder.lostBefore]).toEqual([Removal.impossible, 5]);
    holder.store(1, 0, GPU, 30, true);
    expect(facts(holder)).toEqual({
      flags: ["ever", "inLife"],
      heldSince: 30,
      copiesSince: 30,
      lostAt: undefined,
      resident: 1,
    });
    holder.endLife(40);
    expect(facts(holder)).toEqual({
      flags: ["ever"],
      heldSince: undefined,
      copiesSince: undefined,
      lostAt: 40,
      resident: 0,
    });
    expect(holder.lostBefore).toBe(Number.NEGATIVE_INFINITY);
    expect([holder.known, holder.rank]).toEqual([1, 0]);
  });

  it("stay in doubt after a clear that nobody was told of, but for blocks of former lives", () => {
    const holder = new Holder(0, 1);
    holder.store(2, 0, GPU, 5, true);
    holder.endLife(8);
    holder.store(1, 0, GPU, 10, true);
    holder.clear(20, false);
    const seen = (id: number): unknown => [
      holder.possibly(holder.entry(id), 50, 60),
      holder.intervals(holder.entry(id), 50, 60),
    ];
    expect([seen(1), seen(2)]).toEqual([
      [true, [[50, 60]]],
      [false, []],
    ]);
    expect(holder.throughout(holder.entry(1), 50, 60)).toBe(false);
    holder.clear(30, true);
    expect(seen(1)).toEqual([false, []]);
  });
});

describe("the intervals of a block", () => {
  /** Held in [10, 20], [30, 40] and since 50. */
  function thrice(): [Holder, number] {
    const holder = new Holder(0, 1);
    for (const at of [10, 30]) {
      holder.store(1, 0, GPU, at, true);
      holder.remove(1, 0, GPU, at + 10, true);
    }
    holder.store(1, 0, GPU, 50, true);
    return [holder, holder.entry(1)];
  }

  it("are cut to the window, newest first, and touch it with their ends", () => {
    const [holder, entry] = thrice();
    const cut = (from: number, to: number): [number, number][] => holder.intervals(entry, from, to);
    expect(cut(0, 100)).toEqual([
      [50, 100],
      [30, 40],
      [10, 20],
    ]);
    expect(cut(15, 35)).toEqual([
      [30, 35],
      [15, 20],
    ]);
    expect(cut(20, 30)).toEqual([
      [30, 30],
      [20, 20],
    ]);
    expect(cut(21, 29)).toEqual([]);
    expect(cut(40, 50)).toEqual([
      [50, 50],
      [40, 40],
    ]);
  });

  it("tell whether it was held at some moment of a window, or throughout", () => {
    const [holder, entry] = thrice();
    const windows: [number, number][] = [
      [0, 9],
      [0, 10],
      [20, 29],
      [21, 29],
      [30, 40],
      [29, 40],
      [30, 41],
      [41, 49],
      [41, 50],
      [50, 90],
      [49, 90],
    ];
    const both = windows.map(([from, to]) => [holder.possibly(entry, from, to), holder.throughout(entry, from, to)]);
    expect(both).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [false, false],
      [true, true],
      [true, false],
      [true, false],
      [false, false],
      [true, false],
      [true, true],
      [true, false],
    ]);
  });

  it("are forgotten with the past, and so is when it was lost", () => {
    const holder = new Holder(0, 1);
    holder.store(1, 0, GPU, 10, true);
    holder.remove(1, 0, GPU, 20, true);
    holder.forget(20);
    expect(holder.lostAt(holder.entry(1))).toBe(20);
    holder.forget(21);
    expect([holder.lostAt(holder.entry(1)), holder.intervals(holder.entry(1), 0, 100)]).toEqual([undefined, []]);
  });

  it("of hundreds of blocks are kept apart", () => {
    const holder = new Holder(3, 1);
    for (let id = 0; id < 300; id++) holder.store(id, 0, GPU, id, true);
    for (let id = 0; id < 300; id += 2) holder.remove(id, 0, GPU, id + 1000, true);
    const seen = Array.from({ length: 300 }, (_, id) => holder.intervals(holder.entry(id), 0, 5000));
    expect(seen).toEqual(seen.map((_, id) => [[id, id % 2 === 0 ? id + 1000 : 5000]]));
    expect([holder.resident, holder.known, holder.rank, holder.entry(300)]).toEqual([150, 300, 3, -1]);
  });
});
