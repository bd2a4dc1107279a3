/** From the runs of a campaign to properties × scenarios: what held, what did not and why, what is not claimed. */
import { PROPERTY_IDS } from "./properties/catalogue.js";
import type { RunSummary, Scorecard, ScorecardCell } from "./run-summary.js";
import type { PropertyResult } from "./verdict.js";

export interface ScoredRun {
  readonly summary: RunSummary;
  readonly report: { readonly properties: readonly PropertyResult[] } | null;
}

/** Properties that no run was asked for are left out. */
export function scorecardOf(runs: readonly ScoredRun[]): Scorecard {
  const properties = PROPERTY_IDS.flatMap((id) => {
    const results = runs.map(({ report }) => report?.properties.find((property) => property.id === id));
    const title = results.find((result) => result !== undefined)?.title;
    return title === undefined ? [] : [{ id, title, cells: results.map((result) => (result ? cellOf(result) : null)) }];
  });
  const known = runs.find(({ summary }) => summary.sut.capabilities !== undefined) ?? runs[0];
  return {
    schemaVersion: 1,
    sut: known?.summary.sut ?? { name: "none", version: "none" },
    scenarios: runs.map(({ summary: { scenario, verdict, exitCode, headline } }) => ({
      scenario,
      verdict,
      exitCode,
      headline,
    })),
    properties,
  };
}

function cellOf(result: PropertyResult): ScorecardCell {
  const { verdict, opportunities, violationCount, violations, reason } = result;
  const [first] = violations;
  return {
    verdict: isIdle(result) ? "idle" : verdict,
    opportunities,
    violations: violationCount,
    ...(verdict === "fail" && first !== undefined ? { proof: first.summary } : {}),
    ...(reason === undefined ? {} : { reason: reason.split("\n", 1)[0] as string }),
  };
}

/** A property that a run neither exercised nor was asked to: it says nothing. */
export function isIdle({ verdict, opportunities, required, reason }: PropertyResult): boolean {
  return verdict === "unknown" && opportunities === 0 && required === 0 && reason === "not exercised";
}
