/** From what was found to one verdict, one exit code, one line. */
import type { JudgeReport, PropertyResult, ThresholdResult } from "./verdict.js";

export interface RunVerdict {
  readonly verdict: JudgeReport["verdict"];
  readonly exitCode: JudgeReport["exitCode"];
  readonly headline: string;
}

const MAX_NAMED = 4;

export function runVerdict(
  properties: readonly PropertyResult[],
  thresholds: readonly ThresholdResult[],
  /** What happened that nobody in the run did. */
  unasked: readonly string[],
): RunVerdict {
  const failed = properties.filter((p) => p.verdict === "fail");
  const unknown = properties.filter((p) => p.verdict === "unknown" && counts(p));
  const missed = thresholds.filter((t) => t.verdict === "fail");
  const unmeasured = thresholds.filter((t) => t.verdict === "unknown");
  const besides = unasked.length === 0 ? "" : `; ${list(unasked)}`;
  if (failed.length > 0)
    return { verdict: "fail", exitCode: 1, headline: `fail: ${list(failed.map(describeFailure))}${besides}` };
  if (unknown.length + unmeasured.length > 0) {
    const why = [...unknown.map(describeDoubt), ...unmeasured.map((t) => `${t.measure} ${t.expression}: not measured`)];
    const told = list(why);
    const untold = unasked.filter((one) => !told.includes(one));
    const more = untold.length === 0 ? "" : `; ${list(untold)}`;
    return { verdict: "unknown", exitCode: 2, headline: `unknown: ${told}${more}` };
  }
  if (missed.length > 0) {
    const misses = missed.map((t) => `${t.measure} ${t.expression} missed (${t.measured})`);
    return { verdict: "fail", exitCode: 3, headline: `fail: ${list(misses)}` };
  }
  const passed = properties.filter((p) => p.verdict === "pass");
  const opportunities = passed.reduce((sum, p) => sum + p.opportunities, 0);
  return {
    verdict: "pass",
    exitCode: 0,
    headline: `pass: ${passed.length} properties held on ${opportunities} opportunities`,
  };
}

/** Idle properties do not count against a run that did not require them; checkers that failed always do. */
function counts(property: PropertyResult): boolean {
  return property.required > 0 || property.opportunities > 0 || property.reason !== "not exercised";
}

function describeFailure({ id, title, violationCount, violations }: PropertyResult): string {
  const engines = [...new Set(violations.flatMap((v) => v.engine ?? []))];
  const where = engines.length === 0 ? "" : ` on ${list(engines)}`;
  return `${id} ${title} violated ${violationCount}×${where}`;
}

function describeDoubt({ id, reason }: PropertyResult): string {
  return `${id}: ${reason?.split("\n", 1)[0] ?? "no verdict"}`;
}

function list(items: readonly string[]): string {
  const named = items.slice(0, MAX_NAMED).join(", ");
  return items.length > MAX_NAMED ? `${named} and ${items.length - MAX_NAMED} more` : named;
}
