/** How the figures of one scenario went: only runs of the newest one's length on the newest one's machine are compared. */
import { betterOf } from "../../judge/key-figures.js";
import { type AgainstUsual, againstUsual, type Better } from "../../judge/regression/usual.js";
import type { StoredRun } from "./stored-campaigns.js";

/** How long the whole run took; the only figure that a run has which nobody judged. */
export const TOOK = "took_s";
/** Runs of whole systems on shared machines vary more than benchmarks do. */
const WARN_ABOVE = 0.25;
/** Worse twice in a row; with fewer runs before that, chance alone warns too often. */
const IN_A_ROW = 2;
const LEAST_BEFORE = 5;
/** As many of the newest points as a line or picture has room for. */
export const MAX_POINTS = 60;

export interface FigureTrend {
  readonly name: string;
  readonly better: Better;
  /** By time; at most {@link MAX_POINTS}. */
  readonly points: readonly { readonly run: StoredRun; readonly value: number }[];
  readonly against: AgainstUsual | null;
  /**
   * Each of the newest two is worse than all of those before, and than usual by more than {@link WARN_ABOVE}: one bad hour of a machine
   * makes one. A warning, never a verdict.
   */
  readonly warning: boolean;
}

export function figureTrends(runs: readonly StoredRun[]): FigureTrend[] {
  const judged = runs.filter(({ verdict }) => verdict !== "error");
  const newest = judged.at(-1);
  if (newest === undefined) return [];
  const alike = judged.filter(({ sample, machine }) => sample === newest.sample && machine === newest.machine);
  const names = new Set(alike.flatMap(({ measured }) => Object.keys(measured)));
  return [TOOK, ...names].map((name) => figureTrend(name, alike));
}

function figureTrend(name: string, runs: readonly StoredRun[]): FigureTrend {
  const points = runs
    .flatMap((run) => {
      const value = name === TOOK ? run.durationMs / 1000 : run.measured[name];
      return value === undefined ? [] : [{ run, value }];
    })
    .slice(-MAX_POINTS);
  const better = betterOf(name);
  const values = points.map(({ value }) => value);
  const ofNewest = points.at(-1)?.run === runs.at(-1);
  return {
    name,
    better,
    points,
    against: againstUsual(values, better),
    warning: ofNewest && becameWorse(values, better),
  };
}

function becameWorse(values: readonly number[], better: Better): boolean {
  const before = values.slice(0, -IN_A_ROW);
  if (before.length < LEAST_BEFORE) return false;
  return values.slice(-IN_A_ROW).every((value) => {
    const against = againstUsual([...before, value], better);
    return against !== null && against.worst && against.worse > WARN_ABOVE;
  });
}
