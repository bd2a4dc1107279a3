import { describe, expect, it } from "vitest";
import { didYouMean, nearestName } from "./did-you-mean.js";

describe("suggestions for misspelt names", () => {
  const known = ["replicas", "rate_per_s", "engine", "bounds"];
  it.each([
    ["replcas", "replicas"],
    ["rate_per_sec", "rate_per_s"],
    ["enigne", "engine"],
    ["Bounds", "bounds"],
  ])("finds what %s was meant to be", (typed, meant) => expect(nearestName(typed, known)).toBe(meant));

  it("stays silent rather than misleading", () => {
    expect(didYouMean("gpu_memory", known)).toBe("");
    expect(didYouMean("x", known)).toBe("");
  });
});
