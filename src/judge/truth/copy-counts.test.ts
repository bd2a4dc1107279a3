import { describe, expect, it } from "vitest";
import { CopyCounts } from "./copy-counts.js";

describe("CopyCounts", () => {
  it("counts copies per block, group and medium, and takes none away that is not there", () => {
    const copies = new CopyCounts(1);
    copies.add(0, 0, 0);
    copies.add(0, 0, 0);
    copies.add(0, 0, 1);
    copies.add(3, 0, 0);
    expect([1, 2, 3].map(() => copies.take(0, 0, 0))).toEqual([true, true, false]);
    expect([copies.take(0, 0, 1), copies.take(0, 0, 1)]).toEqual([true, false]);
    expect([copies.take(3, 0, 1), copies.take(3, 0, 0), copies.take(3, 0, 0)]).toEqual([false, true, false]);
    expect(copies.take(900, 0, 0)).toBe(false);
  });

  it("keeps the counts of every block when a medium or group is seen for the first time", () => {
    const copies = new CopyCounts(2);
    for (let block = 0; block < 40; block++) copies.add(block, 0, 0);
    copies.add(7, 1, 1);
    copies.add(8, 0, 2);
    const whole = Array.from({ length: 40 }, (_, block) => block).filter((block) => copies.complete(block));
    expect(whole).toEqual([7]);
    for (let block = 0; block < 40; block++)
      expect([copies.take(block, 0, 0), copies.take(block, 0, 0)]).toEqual([true, false]);
    expect([copies.take(7, 1, 1), copies.take(8, 0, 2), copies.take(8, 1, 1)]).toEqual([true, true, false]);
  });

  it("calls a block complete with a copy of every group in some medium, and empty without any", () => {
    const copies = new CopyCounts(3);
    copies.reset(5);
    expect([copies.none(5), copies.complete(5)]).toEqual([true, false]);
    copies.add(5, 0, 0);
    copies.add(5, 2, 1);
    expect([copies.none(5), copies.complete(5)]).toEqual([false, false]);
    copies.add(5, 1, 0);
    expect([copies.none(4), copies.none(5), copies.complete(5), copies.complete(4)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    copies.add(5, 2, 0);
    copies.take(5, 2, 1);
    expect(copies.complete(5)).toBe(true);
    copies.take(5, 2, 0);
    expect(copies.complete(5)).toBe(false);
  });

  it("forgets one block's copies and no other's", () => {
    const copies = new CopyCounts(1);
    for (const block of [0, 1, 2]) for (const medium of [0, 1]) copies.add(block, 0, medium);
    copies.reset(1);
    expect([0, 1, 2].map((block) => copies.none(block))).toEqual([false, true, false]);
    expect([copies.take(2, 0, 0), copies.take(2, 0, 1), copies.take(0, 0, 1)]).toEqual([true, true, true]);
  });

  it("takes a model without groups for one with a single group", () => {
    const copies = new CopyCounts(0);
    expect(copies.complete(0)).toBe(false);
    copies.add(0, 0, 0);
    expect(copies.complete(0)).toBe(true);
  });

  it("asks for at most thirty groups", () => {
    const copies = new CopyCounts(64);
    for (let group = 0; group < 29; group++) copies.add(0, group, 0);
    expect(copies.complete(0)).toBe(false);
    copies.add(0, 29, 0);
    expect(copies.complete(0)).toBe(true);
  });

  it("stops counting at 65,535 copies rather than begin at 0 again", () => {
    const copies = new CopyCounts(1);
    for (let n = 0; n < 65_537; n++) copies.add(0, 0, 0);
    expect(copies.none(0)).toBe(false);
    let taken = 0;
    while (copies.take(0, 0, 0)) taken++;
    expect(taken).toBe(65_535);
  });
});
