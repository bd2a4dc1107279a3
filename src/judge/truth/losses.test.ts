import { describe, expect, it } from "vitest";
import { Losses } from "./losses.js";

describe("Losses", () => {
  it("names the last engine that lost a block after a moment, and nobody for what nobody lost since", () => {
    const losses = new Losses();
    losses.block(7, 0, 100);
    losses.block(7, 3, 200);
    losses.block(8, 1, 150);
    expect(losses.loserSince(7, 199)).toBe(3);
    expect(losses.loserSince(7, 200)).toBe(-1);
    expect(losses.loserSince(8, 0)).toBe(1);
    expect(losses.loserSince(9, 0)).toBe(-1);
  });

  it("takes blocks of any number, and still knows the earlier ones", () => {
    const losses = new Losses();
    for (const identity of [0, 1023, 1024, 5000, 5001]) losses.block(identity, identity % 7, identity + 1);
    const losers = [0, 1023, 1024, 5000, 5001].map((identity) => losses.loserSince(identity, identity));
    expect(losers).toEqual([0, 1023 % 7, 1024 % 7, 5000 % 7, 5001 % 7]);
    expect(losses.loserSince(1_000_000, -1)).toBe(-1);
  });

  it("tells who lost everything after a moment, oldest first", () => {
    const losses = new Losses();
    expect(losses.massSince(Number.NEGATIVE_INFINITY)).toEqual([]);
    losses.everything(0, null, 100, "died");
    losses.everything(1, 2, 200, "cleared its cache");
    expect(losses.massSince(99)).toEqual([
      { engine: 0, rank: null, at: 100, why: "died" },
      { engine: 1, rank: 2, at: 200, why: "cleared its cache" },
    ]);
    expect(losses.massSince(100)).toEqual([{ engine: 1, rank: 2, at: 200, why: "cleared its cache" }]);
    expect(losses.massSince(200)).toEqual([]);
  });

  it("remembers the last 64 of them", () => {
    const losses = new Losses();
    for (let at = 1; at <= 70; at++) losses.everything(0, null, at, "died");
    expect(losses.massSince(0).map(({ at }) => at)).toEqual(Array.from({ length: 64 }, (_, i) => i + 7));
  });
});
