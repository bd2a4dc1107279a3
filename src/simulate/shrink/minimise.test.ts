import { describe, expect, it } from "vitest";
import { minimise } from "./minimise.js";

const numbers = Array.from({ length: 40 }, (_, i) => i);

describe("minimise", () => {
  it("leaves only what it takes, in order, so that a person reads two events and not two hundred", async () => {
    const needed = [3, 17, 39];
    const shows = (candidate: readonly number[]) => Promise.resolve(needed.every((n) => candidate.includes(n)));
    expect(await minimise(numbers, shows)).toEqual(needed);
  });

  it("leaves nothing when nothing is needed", async () => {
    expect(await minimise(numbers, () => Promise.resolve(true))).toEqual([]);
  });

  it("ends with the best so far when the budget is used up", async () => {
    let tries = 0;
    const best = await minimise(numbers, (candidate) => Promise.resolve(++tries > 4 ? null : candidate.includes(5)));
    expect(tries).toBe(5);
    expect(best).toContain(5);
    expect(best.length).toBeLessThan(numbers.length);
  });
});
