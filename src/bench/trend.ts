/** How each figure went over the results of one machine, and which of the last ones are worth a look. Never a verdict. */
import { againstUsual } from "../judge/regression/usual.js";
import type { Figure, StoredResult } from "./stored-results.js";

export interface TrendPoint {
  readonly startedAt: string;
  readonly commit: string | null;
  readonly value: number;
}
export interface Trend extends Pick<Figure, "name" | "unit" | "better"> {
  readonly points: readonly TrendPoint[];
  /** Of the points before the last; null with too few of them. */
  readonly usual: number | null;
  /** How much worse the last point is than usual, as a share; negative = better. */
  readonly worse: number | null;
  readonly warning: boolean;
}

const WARN_ABOVE = 0.1;

export function trendsOf(results: readonly StoredResult[]): Trend[] {
  const byName = new Map<string, { figure: Figure; points: TrendPoint[] }>();
  for (const { startedAt, commit, figures } of results) {
    for (const figure of figures) {
      const known = byName.get(figure.name) ?? { figure, points: [] };
      known.points.push({ startedAt, commit, value: figure.value });
      byName.set(figure.name, { ...known, figure });
    }
  }
  return [...byName.values()].map(({ figure, points }) => trendOf(figure, points));
}

function trendOf({ name, unit, better }: Figure, points: readonly TrendPoint[]): Trend {
  const against = againstUsual(
    points.map(({ value }) => value),
    better,
  );
  const { usual, worse } = against ?? { usual: null, worse: null };
  return { name, unit, better, points, usual, worse, warning: worse !== null && worse > WARN_ABOVE };
}
