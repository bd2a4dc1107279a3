import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, credibleBlocks, DEFAULT_POLICY, type PolicyParams } from "./candidate.js";
import { choose } from "./choose.js";

const holding = (engine: string, blocks: number, rest: Partial<Candidate> = {}): Candidate => ({
  engine,
  blocks,
  rank: null,
  load: 0,
  credit: 1,
  ...rest,
});
const winner = (candidates: Candidate[], params: PolicyParams = DEFAULT_POLICY, rotation = 0): string | undefined =>
  choose(candidates, params, rotation)?.ranking[0].engine;

const candidates = (credit: fc.Arbitrary<number>, load: fc.Arbitrary<number>): fc.Arbitrary<Candidate[]> =>
  fc
    .array(fc.record({ blocks: fc.nat(200), load, credit }), { minLength: 1, maxLength: 12 })
    .map((rows) => rows.map((row, i) => holding(`m/${i}`, row.blocks, row)));
const anyParams = fc.record({
  minMatchBlocks: fc.integer({ min: 1, max: 20 }),
  loadWeightBlocks: fc.double({ min: 0, max: 16, noNaN: true }),
  guardLoadDifference: fc.nat(64),
  guardLoadRatio: fc.double({ min: 1, max: 8, noNaN: true }),
});
const anyCredit = fc.double({ min: 0, max: 1, noNaN: true });

describe("choose", () => {
  it("sends a prompt where its prefix is, so that the cache is used at all", () => {
    expect(winner([holding("a", 3), holding("b", 12), holding("c", 0)])).toBe("b");
  });

  it("gives the longest match the request whenever loads are equal and every stream is trusted", () => {
    const wins = (list: Candidate[], params: PolicyParams, rotation: number): boolean => {
      const longest = Math.max(...list.map((candidate) => candidate.blocks));
      return longest < params.minMatchBlocks || choose(list, params, rotation)?.ranking[0].blocks === longest;
    };
    const trusted = candidates(fc.constant(1), fc.constant(5));
    expect(() => fc.assert(fc.property(trusted, anyParams, fc.nat(), wins))).not.toThrow();
  });

  it("always serves: any candidates give a full ranking, best first, the same for the same input", () => {
    const serves = (list: Candidate[], params: PolicyParams, rotation: number): void => {
      const choice = choose(list, params, rotation);
      const ranking = choice?.ranking ?? [];
      expect(ranking.map((c) => c.engine).sort()).toEqual(list.map((c) => c.engine).sort());
      expect(ranking.map((c) => c.score)).toEqual(ranking.map((c) => c.score).sort((a, b) => b - a));
      expect(choose([...list].reverse(), params, rotation)).toEqual(choice);
    };
    fc.assert(fc.property(candidates(anyCredit, fc.nat(500)), anyParams, fc.nat(), serves));
  });

  it("never lets a busier engine win without a longer credible match", () => {
    const undominated = (list: Candidate[], params: PolicyParams, rotation: number): void => {
      const best = choose(list, params, rotation)?.ranking[0] as Candidate;
      const mine = credibleBlocks(best.blocks, best.credit);
      const better = list.filter(
        (other) =>
          other.load < best.load && credibleBlocks(other.blocks, other.credit) >= Math.max(mine, params.minMatchBlocks),
      );
      expect(better).toEqual([]);
    };
    fc.assert(fc.property(candidates(anyCredit, fc.nat(100)), anyParams, fc.nat(), undominated));
  });

  it("ignores matches shorter than the minimum, which are not worth a queue", () => {
    const params = { ...DEFAULT_POLICY, minMatchBlocks: 4 };
    expect(winner([holding("a", 3, { load: 1 }), holding("b", 0)], params)).toBe("b");
    expect(winner([holding("a", 4, { load: 1 }), holding("b", 0)], params)).toBe("a");
  });

  it("weighs a match against load, so that a short match does not buy a long queue", () => {
    expect(winner([holding("a", 4, { load: 3 }), holding("b", 0)])).toBe("a");
    expect(winner([holding("a", 4, { load: 5 }), holding("b", 0)])).toBe("b");
    expect(choose([holding("a", 4, { load: 5 }), holding("b", 0)], DEFAULT_POLICY, 0)?.reason).toBe(
      "load-outweighs-match",
    );
  });

  it("takes affinity from an engine far busier than the least busy one, however long its match", () => {
    const choice = choose([holding("a", 1000, { load: 17 }), holding("b", 0)], DEFAULT_POLICY, 0);
    expect(choice).toMatchObject({ reason: "load-guard", ranking: [{ engine: "b" }, { engine: "a", guarded: true }] });
    expect(choice?.because).toContain("a holds 1000 blocks, load 17");
    expect(winner([holding("a", 1000, { load: 40 }), holding("b", 0, { load: 21 })])).toBe("a");
  });

  it("takes credit, not service, from an engine whose stream went stale", () => {
    const stale = holding("a", 10, { credit: 0.1 });
    expect(winner([stale, holding("b", 2)])).toBe("b");
    expect(winner([stale, holding("b", 0, { load: 1 })])).toBe("a");
    expect(choose([holding("a", 10, { credit: 0 })], DEFAULT_POLICY, 0)?.reason).toBe("only-engine");
  });

  it("spreads requests that nobody has cached: by load, then round", () => {
    const cold = [holding("a", 0), holding("b", 0), holding("c", 0, { load: 1 })];
    expect([0, 1, 2, 3].map((rotation) => winner(cold, DEFAULT_POLICY, rotation))).toEqual(["a", "b", "a", "b"]);
    expect(choose(cold, DEFAULT_POLICY, 0)?.reason).toBe("least-load");
  });

  it("says nothing rather than something when no engine is left", () => {
    expect(choose([], DEFAULT_POLICY, 0)).toBeNull();
  });
});
