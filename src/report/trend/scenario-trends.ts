/** From stored campaigns to how each scenario went: its verdicts, what changed and when, what only chance can have changed. */
import { figureTrends, type FigureTrend } from "./figure-trends.js";
import type { StoredCampaign, StoredRun } from "./stored-campaigns.js";

/** Two runs one after the other whose verdicts differ; nothing has differed since. */
export interface Change {
  readonly from: StoredRun;
  readonly to: StoredRun;
}

/** The same program did the same work and did not come to the same verdict. */
export interface Flake {
  readonly runs: readonly StoredRun[];
}

export interface ScenarioTrend {
  readonly scenario: string;
  readonly lab: string;
  readonly sut: string;
  /** By time. */
  readonly runs: readonly StoredRun[];
  /** Of {@link decided}, those that passed. */
  readonly passed: number;
  /** Runs that nobody interrupted. */
  readonly decided: number;
  readonly since: Change | null;
  readonly flakes: readonly Flake[];
  readonly figures: readonly FigureTrend[];
}

/** By name; what ran in another lab or against another system is another row. */
export function scenarioTrends(campaigns: readonly StoredCampaign[]): ScenarioTrend[] {
  const rows = new Map<string, StoredRun[]>();
  for (const run of withKnownSystem(campaigns.flatMap(({ runs }) => runs))) {
    const key = [run.scenario, run.lab, run.sut].join("\n");
    rows.set(key, [...(rows.get(key) ?? []), run]);
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, runs]) => trendOf(runs));
}

/** A run that broke before it knew its system belongs to the one that this scenario ran against around that time. */
function withKnownSystem(runs: readonly StoredRun[]): StoredRun[] {
  const byTime = runs.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const known = new Map<string, string>();
  const keyOf = ({ scenario, lab }: StoredRun): string => `${scenario}\n${lab}`;
  for (const run of byTime.toReversed()) if (run.sut !== "none") known.set(keyOf(run), run.sut);
  return byTime.map((run) => {
    const sut = run.sut === "none" ? (known.get(keyOf(run)) ?? run.sut) : run.sut;
    known.set(keyOf(run), sut);
    return { ...run, sut };
  });
}

function trendOf(runs: readonly StoredRun[]): ScenarioTrend {
  const { scenario, lab, sut } = runs[0] as StoredRun;
  const decided = runs.filter(({ verdict }) => verdict !== "interrupted");
  return {
    scenario,
    lab,
    sut,
    runs,
    decided: decided.length,
    passed: decided.filter(({ verdict }) => verdict === "pass").length,
    since: lastChange(decided),
    flakes: flakesOf(decided),
    figures: figureTrends(decided),
  };
}

function lastChange(decided: readonly StoredRun[]): Change | null {
  const last = decided.at(-1);
  const before = decided.findLastIndex(({ verdict }) => verdict !== last?.verdict);
  const [from, to] = [decided[before], decided[before + 1]];
  return from === undefined || to === undefined ? null : { from, to };
}

function flakesOf(decided: readonly StoredRun[]): Flake[] {
  const same = new Map<string, StoredRun[]>();
  for (const run of decided)
    if (run.sameWork !== null) same.set(run.sameWork, [...(same.get(run.sameWork) ?? []), run]);
  return [...same.values()]
    .filter((runs) => new Set(runs.map(({ verdict }) => verdict)).size > 1)
    .map((flaky) => ({ runs: flaky }));
}
