/** How the figures of one scenario went: only runs of the newest one's length on the newest one's machine are compared. */
import { betterOf } from "../../judge/key-figures.js";
import { type AgainstUsual, againstUsual, type Better } from "../../judge/regression/usual.js";
import type { StoredRun } from "./stored-campaigns.js";

/** How long the whole run took; the only figure that a run has which nobody judged. */
export const TOOK = "took_s";
/** Runs of whole systems on shared machines vary more than benchmarks do. */
const WARN_ABOVE = 0.25;
/** As many of the newest points as a line or picture has room for. */
export const MAX_POINTS = 60;

export interface FigureTrend {
  readonly name: string;
  readonly better: Better;
  /** By time; at most {@link MAX_POINTS}. */
  readonly points: readonly { readonly run: StoredRun; readonly value: number }[];
  readonly against: AgainstUsual | null;
  /** The last is worse than each of those before, and than usual by more than {@link WARN_ABOVE}. A warning, never a verdict. */
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
  const against = againstUsual(
    points.map(({ value }) => value),
    better,
  );
  const ofNewest = points.at(-1)?.run === runs.at(-1);
  const warning = ofNewest && against !== null && against.worst && against.worse > WARN_ABOVE;
  return { name, better, points, against, warning };
}
