/** How each figure went over the results of one machine, and which of the last ones are worth a look. Never a verdict. */
import type { Figure, StoredResult } from "./stored-results.js";

export interface TrendPoint {
  readonly startedAt: string;
  readonly commit: string | null;
  readonly value: number;
}
export interface Trend extends Pick<Figure, "name" | "unit" | "better"> {
  readonly points: readonly TrendPoint[];
  /** Median of the points before the last, at most {@link BEFORE} of them; null with fewer than {@link LEAST_BEFORE}. */
  readonly usual: number | null;
  /** How much worse the last point is than usual, as a share; negative = better. */
  readonly worse: number | null;
  readonly warning: boolean;
}

/** Results that "usual" is the median of. */
const BEFORE = 10;
const LEAST_BEFORE = 3;
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
  const last = points.at(-1) as TrendPoint;
  const before = points.slice(0, -1).slice(-BEFORE);
  const known = { name, unit, better, points };
  if (before.length < LEAST_BEFORE) return { ...known, usual: null, worse: null, warning: false };
  const sorted = before.map(({ value }) => value).sort((a, b) => a - b);
  const usual = sorted[sorted.length >> 1] as number;
  const worse = better === "lower" ? last.value / usual - 1 : usual / last.value - 1;
  return { ...known, usual, worse, warning: worse > WARN_ABOVE };
}
