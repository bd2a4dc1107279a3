import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { control, decide, pairsToAdd } from "./gate.js";
import { hodgesLehmann } from "./hodges-lehmann.js";
import { MAX_PAIRS, signedRankDistribution, signedRankQuantile } from "./signed-rank.js";

/** Hamilton depression scale factor IV before and after, nine patients (Hollander & Wolfe 1973, table 3.1; R's wilcox.test example). */
const BEFORE = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const CHANGE = AFTER.map((after, i) => after - (BEFORE[i] as number));

describe("the signed-rank distribution", () => {
  it("has the published critical values (two-sided 5 %)", () => {
    const critical = { 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52, 25: 89, 30: 137, 40: 264 };
    for (const [n, w] of Object.entries(critical)) {
      const distribution = signedRankDistribution(Number(n));
      expect(distribution[w] as number).toBeLessThanOrEqual(0.025);
      expect(distribution[w + 1] as number).toBeGreaterThan(0.025);
    }
  });

  it("gives SciPy's exact p-value of the depression data: P(W <= 5) doubled is 0.0390625", () => {
    expect(2 * (signedRankDistribution(9)[5] as number)).toBe(0.0390625);
  });

  it("is symmetric, grows, and ends at 1 for every number of pairs", () => {
    for (let n = 1; n <= MAX_PAIRS; n++) {
      const distribution = signedRankDistribution(n);
      const last = distribution.length - 1;
      expect(distribution[last]).toBe(1);
      for (let w = 1; w <= last; w++) {
        expect(distribution[w] as number).toBeGreaterThanOrEqual(distribution[w - 1] as number);
        expect((distribution[w - 1] as number) + (distribution[last - w] as number)).toBeCloseTo(1, 12);
      }
    }
  });

  it("has R's quantiles", () => {
    expect([0.025, 0.5, 0.975].map((p) => signedRankQuantile(p, 10))).toEqual([9, 27, 46]);
  });

  it("refuses numbers of pairs that it cannot count exactly", () => {
    for (const n of [0, 2.5, MAX_PAIRS + 1]) expect(() => signedRankDistribution(n)).toThrow(/1 to 50 pairs/);
  });
});

describe("the Hodges-Lehmann estimate", () => {
  it("is the published one: -0.46, with the 96.1 % interval (-0.786, -0.010)", () => {
    const found = hodgesLehmann(CHANGE);
    expect(found.estimate).toBeCloseTo(-0.46, 3);
    expect(found.low).toBeCloseTo(-0.786, 3);
    expect(found.high).toBeCloseTo(-0.01, 3);
    expect(found.confidence).toBeCloseTo(0.961, 3);
  });

  it("moves with the data and turns with its sign", () => {
    const differences = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(differences, fc.integer({ min: -500, max: 500 }), (values, shift) => {
        const found = hodgesLehmann(values);
        const moved = hodgesLehmann(values.map((value) => value + shift));
        const turned = hodgesLehmann(values.map((value) => -value));
        expect(moved.estimate).toBeCloseTo(found.estimate + shift, 9);
        expect(turned.low).toBeCloseTo(-found.high, 9);
        expect(turned.high).toBeCloseTo(-found.low, 9);
        expect(found.low).toBeLessThanOrEqual(found.estimate);
        expect(found.high).toBeGreaterThanOrEqual(found.estimate);
      }),
    );
  });

  it("is not moved by one wild pair, as a mean would be", () => {
    const calm = [0.01, -0.01, 0.02, -0.02, 0, 0.015, -0.015, 0.005, -0.005];
    expect(Math.abs(hodgesLehmann([...calm, 5]).estimate)).toBeLessThan(0.02);
  });

  it("lies between the two middle averages when their number is even", () => {
    expect(hodgesLehmann([0, 1, 5]).estimate).toBe(1.75);
  });

  it("takes the same rank as R when the distribution meets the wanted level exactly", () => {
    const exactly = 1 - 2 * (signedRankDistribution(9)[5] as number);
    expect(hodgesLehmann(CHANGE, exactly).confidence).toBe(1 - 2 * (signedRankDistribution(9)[4] as number));
  });

  it("refuses nothing at all, and what is no number", () => {
    expect(() => hodgesLehmann([])).toThrow(/at least one/);
    expect(() => hodgesLehmann([1, Number.NaN])).toThrow(/finite/);
  });
});

/** Decides as a session would: adds pairs until there is a decision. */
function session(effect: number, noise: number, seed: number): ReturnType<typeof decide> {
  const rng = new Rng(seed);
  const differences: number[] = [];
  for (let rounds = 0; rounds < 10; rounds++) {
    for (let more = pairsToAdd(differences.length); more > 0; more--)
      differences.push(Math.log(effect) + noise * normal(rng));
    const decision = decide(differences);
    if (decision.verdict !== "more") return decision;
  }
  throw new Error(`no decision after ${differences.length} pairs`);
}

function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float());
}

function verdicts(effect: number, noise: number): Record<string, number> {
  const counts: Record<string, number> = { pass: 0, fail: 0, inconclusive: 0 };
  for (let seed = 1; seed <= 200; seed++) {
    const { verdict } = session(effect, noise, seed);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

describe("the gate", () => {
  it("lets an equal build pass and stops one that is 20 % slower, on a machine as noisy as a shared one (8 % a run)", () => {
    const noise = 0.08 * Math.SQRT2;
    expect(verdicts(1, noise)).toEqual({ pass: 200, fail: 0, inconclusive: 0 });
    expect(verdicts(1.2, noise).fail).toBeGreaterThanOrEqual(190);
  });

  it("never fails a faster build, and finds 30 % slower every time", () => {
    const noise = 0.1 * Math.SQRT2;
    expect(verdicts(0.8, noise)).toEqual({ pass: 200, fail: 0, inconclusive: 0 });
    expect(verdicts(1.3, noise)).toEqual({ pass: 0, fail: 200, inconclusive: 0 });
  });

  it("says inconclusive, not pass, when the machine is too noisy to tell", () => {
    const { inconclusive = 0, pass = 0 } = verdicts(1, 1);
    expect(inconclusive).toBeGreaterThan(100);
    expect(inconclusive + pass).toBeGreaterThan(150);
  });

  it("decides nothing before the first pairs are in", () => {
    expect(decide([0, 0, 0]).verdict).toBe("more");
    expect([0, 10, 38].map((have) => pairsToAdd(have))).toEqual([10, 6, 2]);
  });

  it("draws each line where it says: exactly at the limit is no failure, the last pair is the 40th", () => {
    const limit = Math.log1p(0.1);
    const after = (pairs: number, difference: number) => {
      const { verdict, warning } = decide(Array.from({ length: pairs }, () => difference));
      return `${verdict}${warning ? " with a warning" : ""}`;
    };
    expect(after(9, 0.2)).toBe("more");
    expect(after(10, 0.2)).toBe("fail");
    expect(after(10, limit + 1e-9)).toBe("fail");
    expect(after(10, limit - 1e-9)).toBe("pass");
    expect(after(10, limit)).toBe("more");
    expect(after(39, limit)).toBe("more");
    expect(after(40, limit)).toBe("pass with a warning");
    expect(pairsToAdd(9)).toBe(1);
    expect(pairsToAdd(40)).toBe(0);
  });

  it("goes on while an interval spans the limit, and at the cap passes it with a warning", () => {
    const near = spread(0.07, 0.3);
    expect(decide(near.slice(0, 39)).verdict).toBe("more");
    const decision = decide(near);
    expect(decision.high).toBeGreaterThan(Math.log1p(0.1));
    expect(decision).toMatchObject({ verdict: "pass", warning: true });
  });

  it("fails at the cap what is worse on the whole, though half the limit is not excluded", () => {
    const worse = spread(0.115, 0.34);
    const decision = decide(worse);
    expect(decision.low).toBeLessThan(Math.log1p(0.1) / 2);
    expect(decide(worse.slice(0, 38)).verdict).toBe("more");
    expect(decision.verdict).toBe("fail");
  });
});

/** Four of each end make it the end of the interval of ten pairs, exactly: 4 x 5 / 2 averages of it, more than the rank 9. */
function ten(low: number, high: number, middle: readonly [number, number]): number[] {
  return [low, low, low, low, ...middle, high, high, high, high];
}

describe("an interval that ends exactly on a line", () => {
  const limit = Math.log1p(0.1);

  it("at half the limit is not clear of it: a build is not stopped for it before the last pair", () => {
    const decision = decide(ten(limit / 2, 0.3, [0.3, 0.3]));
    expect(decision).toMatchObject({ low: limit / 2, verdict: "more" });
    expect(decision.estimate).toBeGreaterThan(limit);
  });

  it("at zero does not exclude zero: nobody is told that his build is slower", () => {
    const last = { limit: 0.1, firstPairs: 10, morePairs: 6, maxPairs: 10, controlTolerance: 0.05 };
    expect(decide(ten(0, 0.5, [0.5, 0.5]), last)).toMatchObject({ low: 0, verdict: "inconclusive" });
    expect(decide(ten(0, 2 * limit, [limit, limit]), last)).toMatchObject({ verdict: "pass", warning: true });
  });

  it("of the A/A control at zero, or as wide as is tolerated, still trusts the machine", () => {
    const tolerance = Math.log1p(0.05);
    expect(control(ten(-tolerance, tolerance, [0, 0]))).toMatchObject({ high: tolerance, quiet: true });
    const skewed = control([0, 0, 0, 0, 0.08, 0.08, 0.08, 0.08, 0.1, 0.1]);
    expect(skewed.estimate).toBeGreaterThan(tolerance);
    expect(skewed).toMatchObject({ low: 0, quiet: true });
  });
});

/** 40 differences spread evenly over middle ± width, in an order that keeps every beginning of them balanced. */
function spread(middle: number, width: number): number[] {
  return Array.from(
    { length: 40 },
    (_, i) => middle + (i % 2 === 0 ? 1 : -1) * width * ((Math.floor(i / 2) + 0.5) / 20),
  );
}

describe("the A/A control", () => {
  it("trusts a quiet machine and says what it could detect", () => {
    const quiet = control([0.01, -0.01, 0.012, -0.008, 0.004, -0.006, 0.009, -0.011, 0.002, -0.003]);
    expect(quiet.quiet).toBe(true);
    expect(quiet.detectable).toBeLessThan(0.01);
  });

  it("calls drift only what is beyond 5 %, in either direction", () => {
    const always = (difference: number) => control(Array.from({ length: 10 }, () => difference));
    const tolerance = Math.log1p(0.05);
    expect(always(0.02)).toMatchObject({ quiet: true, detectable: 0 });
    expect(always(tolerance).quiet).toBe(true);
    expect(always(tolerance + 1e-9).quiet).toBe(false);
    expect(always(-tolerance - 1e-9).quiet).toBe(false);
  });

  it("does not trust a noisy one, nor one that drifts", () => {
    expect(control([0.3, -0.2, 0.25, -0.3, 0.1, -0.15, 0.2, -0.25, 0.3, -0.1]).quiet).toBe(false);
    expect(control(Array.from({ length: 10 }, (_, i) => 0.06 + i / 1000)).quiet).toBe(false);
  });
});
