/** From the runs of a campaign to one verdict: the worst counts, and a property that was exercised anywhere was exercised. */
import { ExitCode } from "../base/errors.js";
import { PROPERTY_IDS } from "../judge/properties/catalogue.js";
import type { CampaignSummary, RunSummary } from "../judge/run-summary.js";
import type { PropertyResult, Verdict } from "../judge/verdict.js";
import type { FinishedRun } from "./run-scenario.js";
import { isIdle, scorecardOf } from "../judge/scorecard.js";

export interface CampaignFacts {
  readonly tool: CampaignSummary["tool"];
  readonly machine: CampaignSummary["machine"];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly repro: string;
  /** Scenarios that were to run. */
  readonly planned: number;
  readonly interrupted: boolean;
  /** Folder of a run, relative to the campaign's. */
  readonly dirOf: (run: FinishedRun) => string;
}

/** What a person must hear of first. A violation that was found stays found, whatever else went wrong. */
const SEVERITY: readonly number[] = [
  ExitCode.pass,
  ExitCode.inconclusive,
  ExitCode.unavailable,
  ExitCode.usage,
  ExitCode.internal,
  ExitCode.threshold,
  ExitCode.violated,
  ExitCode.interrupted,
];

const MAX_NAMED = 4;

export function summarise(runs: readonly FinishedRun[], facts: CampaignFacts): CampaignSummary {
  const worst = runs.reduce<RunSummary | null>(
    (found, { summary }) => (found === null || severity(summary) > severity(found) ? summary : found),
    null,
  );
  const exitCode = facts.interrupted ? ExitCode.interrupted : (worst?.exitCode ?? ExitCode.internal);
  const verdict = facts.interrupted ? "interrupted" : (worst?.verdict ?? "error");
  const properties = propertiesOf(runs);
  return {
    schemaVersion: 1,
    tool: facts.tool,
    startedAt: facts.startedAt.toISOString(),
    durationMs: facts.durationMs,
    verdict,
    exitCode,
    headline: headline(runs, facts, properties),
    machine: facts.machine,
    repro: facts.repro,
    runs: runs.map((run) => ({ ...run.summary, dir: facts.dirOf(run) })),
    properties,
    scorecard: scorecardOf(runs),
  };
}

function severity({ exitCode }: RunSummary): number {
  return SEVERITY.indexOf(exitCode);
}

function headline(
  runs: readonly FinishedRun[],
  facts: CampaignFacts,
  properties: CampaignSummary["properties"],
): string {
  const bad = runs
    .filter(({ summary }) => summary.verdict !== "pass")
    .sort((a, b) => severity(b.summary) - severity(a.summary));
  const missing = facts.planned - runs.length;
  const notRun = missing === 0 ? "" : `; ${missing} of ${facts.planned} scenarios were not run`;
  if (bad.length === 0) {
    const exercised = properties.filter((property) => property.verdict === "pass");
    const opportunities = exercised.reduce((sum, property) => sum + property.opportunities, 0);
    return `${runs.length} scenarios, ${exercised.length} properties held on ${opportunities} opportunities${notRun}`;
  }
  const named = bad.slice(0, MAX_NAMED).map(({ summary }) => `${summary.scenario}: ${summary.headline}`);
  const more = bad.length > MAX_NAMED ? `; and ${bad.length - MAX_NAMED} more` : "";
  return `${named.join("; ")}${more}${notRun}`;
}

function propertiesOf(runs: readonly FinishedRun[]): CampaignSummary["properties"] {
  const results = runs.flatMap(({ report }) => report?.properties ?? []);
  return PROPERTY_IDS.flatMap((id) => {
    const own = results.filter((result) => result.id === id);
    if (own.length === 0) return [];
    return [
      {
        id,
        title: own[0]?.title ?? id,
        verdict: overall(own),
        opportunities: own.reduce((sum, result) => sum + result.opportunities, 0),
        violations: own.reduce((sum, result) => sum + result.violationCount, 0),
      },
    ];
  });
}

/** fail > unknown > pass; a run that did not need a property and did not exercise it says nothing about it. */
function overall(results: readonly PropertyResult[]): Verdict {
  if (results.some(({ verdict }) => verdict === "fail")) return "fail";
  const telling = results.filter((result) => result.verdict !== "not-applicable" && !isIdle(result));
  if (telling.some(({ verdict }) => verdict === "unknown")) return "unknown";
  if (telling.length > 0) return "pass";
  return results.every(({ verdict }) => verdict === "not-applicable") ? "not-applicable" : "unknown";
}
