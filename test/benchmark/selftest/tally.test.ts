/** The gate's self-test: what it takes for right, and that its slower build is slower by what it says and right in its answers. */
import { describe, expect, it } from "vitest";
import { measureOnce } from "../../../src/bench/measure.js";
import { buildSlowDecode } from "./slow-decode.js";
import { describeTally, exitOf } from "./tally.js";

const right = { same: "pass", slower: "fail" } as const;

describe("self-test of the gate", () => {
  it("is right only if every equal build passes and every slower one fails", () => {
    expect(exitOf([right, right])).toBe(0);
    expect(exitOf([right, { ...right, same: "fail" }])).toBe(1);
    expect(exitOf([right, { ...right, slower: "pass" }])).toBe(1);
    expect(exitOf([right, { ...right, slower: "inconclusive" }])).toBe(2);
    expect(describeTally([right, { same: "inconclusive", slower: "fail" }])).toBe(
      "equal builds: 1 of 2 pass; 20 % more work in the decoder: 2 of 2 fail; 1 undecided, the machine was too noisy",
    );
  });
  it("plants a slowdown into a build that still does all its work", async () => {
    const build = { label: "slower", entry: await buildSlowDecode(), commit: null };
    const sample = await measureOnce(build, 1, AbortSignal.timeout(100_000));
    expect(sample["decode map"]).toBeGreaterThan(0);
  }, 120_000);
});
