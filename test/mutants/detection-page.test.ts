import { describe, expect, it } from "vitest";
import { CLEAN_SEEDS, detectionPage } from "./detection-page.js";
import type { Matrix, MatrixRow } from "./matrix.js";

const row = (id: string, change: Partial<MatrixRow> = {}): MatrixRow => ({
  id,
  area: "index",
  title: `does ${id}`,
  seenIn: "somewhere",
  covers: ["D1"],
  where: "simulation",
  found: true,
  foundBy: ["S2"],
  expected: ["S2"],
  failed: ["S2", "C1"],
  seeds: [1, 2],
  seedsTried: 2,
  proof: null,
  trouble: null,
  ...change,
});

const whole = (change: Partial<Matrix> = {}): Matrix => ({
  schemaVersion: 1,
  revision: "0123456789ab",
  clean: { seeds: CLEAN_SEEDS, findings: [] },
  rows: [row("one"), row("two")],
  ...change,
});

describe("the page of the detection matrix", () => {
  it("shows every defect with the properties that found it, and which revision was hunted", () => {
    const page = detectionPage(whole(), ["one", "two"]);
    expect(page).toContain("2 of 2 defects found");
    expect(page).toContain("0 findings in 5000 simulated runs");
    expect(page).toContain("revision 0123456789ab");
    expect(page).toMatch(/\| one \| does one \(somewhere\) \| D1 \| simulation \| ● \|/);
  });

  it.each([
    ["a part of the defects", whole({ rows: [row("one")] }), /1 defects were not hunted: two/],
    ["defects that are gone", whole({ rows: [row("one"), row("two"), row("old")] }), /no more were hunted: old/],
    ["no clean seeds", whole({ clean: null }), /0 seeds without a defect, 5000 are wanted/],
    ["few clean seeds", whole({ clean: { seeds: 1000, findings: [] } }), /1000 seeds without a defect/],
    [
      "a survivor",
      whole({ rows: [row("one"), row("two", { found: false, seeds: [] })] }),
      /two survives in simulation/,
    ],
    [
      "a false alarm",
      whole({ clean: { seeds: CLEAN_SEEDS, findings: [{ seed: 7, failed: ["S2"], proof: "x" }] } }),
      /without a defect, seed 7 fails S2/,
    ],
  ])("is not made of %s", (_, matrix, why) => {
    expect(() => detectionPage(matrix, ["one", "two"])).toThrow(why);
  });
});
