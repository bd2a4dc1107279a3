import { describe, expect, it } from "vitest";
import type { RunSummary } from "../judge/run-summary.js";
import type { JudgeReport, PropertyResult, Verdict } from "../judge/verdict.js";
import { type CampaignFacts, summarise } from "./campaign-summary.js";
import type { FinishedRun } from "./run-scenario.js";

const machine = { os: "o", arch: "a", cpu: "c", cores: 2, memoryGiB: 8, node: "v20" };
const facts: CampaignFacts = {
  tool: { name: "kvproof", version: "0", git: null },
  machine,
  startedAt: new Date(0),
  durationMs: 1,
  repro: "kvproof run x",
  planned: 2,
  interrupted: false,
  dirOf: ({ dir }) => dir,
};

function property(
  id: string,
  verdict: Verdict,
  opportunities: number,
  more: Partial<PropertyResult> = {},
): PropertyResult {
  return {
    id,
    verdict,
    opportunities,
    required: 0,
    title: id,
    kind: "always",
    statement: "",
    violationCount: 0,
    violations: [],
    ...more,
  };
}
function run(
  scenario: string,
  verdict: RunSummary["verdict"],
  exitCode: number,
  properties: PropertyResult[] = [],
): FinishedRun {
  const sut = { name: "x", version: "1" };
  const summary = { scenario, verdict, exitCode, headline: `${verdict} of ${scenario}`, sut } as RunSummary;
  return { dir: scenario, summary, report: { properties } as unknown as JudgeReport };
}
const idle = { reason: "not exercised" };

describe("a campaign's verdict", () => {
  it.each([
    [["pass", 0], ["unknown", 2], 2, "unknown"],
    [["unknown", 2], ["error", 69], 69, "error"],
    [["error", 69], ["fail", 3], 3, "fail"],
    [["fail", 3], ["fail", 1], 1, "fail"],
    [["fail", 1], ["error", 70], 1, "fail"],
  ] as const)("of %j and %j is %i", ([a, codeA], [b, codeB], exitCode, verdict) => {
    const summary = summarise([run("a", a, codeA), run("b", b, codeB)], facts);
    expect([summary.exitCode, summary.verdict]).toEqual([exitCode, verdict]);
  });

  it("is an interruption when the user interrupted it, and says what was not run", () => {
    const summary = summarise([run("a", "pass", 0)], { ...facts, interrupted: true });
    expect(summary).toMatchObject({ exitCode: 130, verdict: "interrupted" });
    expect(summary.headline).toContain("1 of 2 scenarios were not run");
  });

  it("names the worst scenarios first", () => {
    const { headline } = summarise([run("a", "unknown", 2), run("b", "fail", 1)], facts);
    expect(headline.indexOf("b: ")).toBeLessThan(headline.indexOf("a: "));
  });
});

describe("a property over all scenarios", () => {
  const over = (...results: PropertyResult[]): unknown =>
    summarise(
      results.map((result, i) => run(`s${i}`, "pass", 0, [result])),
      facts,
    ).properties[0];

  it("passed if it was exercised somewhere and failed nowhere", () => {
    expect(over(property("S0", "pass", 5), property("S0", "unknown", 0, idle))).toMatchObject({
      verdict: "pass",
      opportunities: 5,
    });
  });
  it("is unknown where it was required and not exercised, and where it was never exercised", () => {
    expect(over(property("S0", "pass", 5), property("S0", "unknown", 0, { ...idle, required: 1 }))).toMatchObject({
      verdict: "unknown",
    });
    expect(over(property("S0", "unknown", 0, idle))).toMatchObject({ verdict: "unknown" });
  });
  it("failed if it failed anywhere, and counts all violations", () => {
    const failed = property("S0", "fail", 3, { violationCount: 2 });
    expect(over(failed, property("S0", "pass", 4), failed)).toMatchObject({
      verdict: "fail",
      opportunities: 10,
      violations: 4,
    });
  });
});
