import { describe, expect, it } from "vitest";
import type { RunSummary } from "./run-summary.js";
import { type ScoredRun, scorecardOf } from "./scorecard.js";
import { aHistory } from "./testing/a-history.js";

function summary(scenario: string, more: Partial<RunSummary> = {}): RunSummary {
  return {
    scenario,
    sut: { name: "x", version: "1" },
    verdict: "pass",
    exitCode: 0,
    headline: "",
    ...more,
  } as RunSummary;
}

async function aRun(scenario: string, claimed: number): Promise<ScoredRun> {
  const history = aHistory({ capabilities: { dump: false } })
    .engine("a")
    .prompt("p", 4)
    .stores("a", "p");
  return { summary: summary(scenario), report: await history.wait(500).asks("p", { a: claimed }).judged() };
}

describe("a scorecard", () => {
  it("says of every property and scenario whether it held, and proves what did not", async () => {
    const card = scorecardOf([await aRun("e2e/right", 4), await aRun("e2e/wrong", 3)]);
    expect(card.scenarios.map(({ scenario }) => scenario)).toEqual(["e2e/right", "e2e/wrong"]);
    const cells = (id: string) => card.properties.find((property) => property.id === id)?.cells;
    expect(cells("S2")).toMatchObject([
      { verdict: "pass", opportunities: 1 },
      { verdict: "fail", violations: 1, proof: expect.stringContaining("gave a 3 blocks") },
    ]);
    expect(cells("B1")).toMatchObject([{ verdict: "not-applicable", reason: "the system under test has no dump" }, {}]);
    expect(cells("M3")?.[0]).toMatchObject({ verdict: "idle", opportunities: 0 });
  });

  it("has no cells for a run that broke before anything could be judged, and names the system all the same", async () => {
    const capabilities = (await aRun("x", 4)).summary.sut;
    const broken = summary("e2e/broken", { verdict: "error", exitCode: 69, sut: { name: "none", version: "none" } });
    const right = await aRun("e2e/right", 4);
    const known = { ...right, summary: summary("e2e/right", { sut: { ...capabilities, capabilities: {} as never } }) };
    const card = scorecardOf([{ summary: broken, report: null }, known]);
    expect(card.sut.name).toBe("x");
    expect(card.properties.find(({ id }) => id === "S0")?.cells).toMatchObject([null, { verdict: "pass" }]);
  });
});
