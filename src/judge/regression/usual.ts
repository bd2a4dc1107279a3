/** The last of a row of stored figures against those before it. A warning at most: they were measured in other hours. */

/** Results that "usual" is the median of. */
const BEFORE = 10;
const LEAST_BEFORE = 3;

export type Better = "lower" | "higher";

export interface AgainstUsual {
  /** Median of the values before the last, at most {@link BEFORE} of them. */
  readonly usual: number;
  /** How much worse the last value is than usual, as a share; negative = better; Infinity against a usual 0. */
  readonly worse: number;
  /** It is worse than each of those before. */
  readonly worst: boolean;
}

/** Null with fewer than {@link LEAST_BEFORE} values before the last. */
export function againstUsual(values: readonly number[], better: Better): AgainstUsual | null {
  const before = values.slice(0, -1).slice(-BEFORE);
  if (before.length < LEAST_BEFORE) return null;
  const last = values.at(-1) as number;
  const sorted = before.toSorted((a, b) => a - b);
  const usual = sorted[sorted.length >> 1] as number;
  const [much, little] = better === "lower" ? [last, usual] : [usual, last];
  const bound = (better === "lower" ? sorted.at(-1) : sorted[0]) as number;
  return {
    usual,
    worse: much === little ? 0 : much / little - 1,
    worst: better === "lower" ? last > bound : last < bound,
  };
}
