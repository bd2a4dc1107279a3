/**
 * The typical paired difference and how sure it is: the Hodges-Lehmann estimate (median of all Walsh averages) with the exact
 * confidence interval that belongs to the signed-rank test (Hollander & Wolfe, Nonparametric Statistical Methods, §3.2-3.3).
 */
import { invariant } from "../../base/errors.js";
import { signedRankDistribution } from "./signed-rank.js";

export interface Estimate {
  readonly pairs: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Coverage that the interval really has; a little more than asked for, less only with very few pairs. */
  readonly confidence: number;
}

/** Differences in any unit; at least one, all finite. */
export function hodgesLehmann(differences: readonly number[], confidence = 0.95): Estimate {
  invariant(
    differences.length > 0 && differences.every(Number.isFinite),
    "differences must be finite and at least one",
  );
  const n = differences.length;
  const averages = walshAverages(differences);
  const distribution = signedRankDistribution(n);
  const alpha = 1 - confidence;
  // Rank, from either end, of the average that bounds the interval; with very few pairs the outermost one.
  const rank = Math.max(
    1,
    distribution.findIndex((probability) => probability >= alpha / 2),
  );
  return {
    pairs: n,
    estimate: median(averages),
    low: averages[rank - 1] as number,
    high: averages[averages.length - rank] as number,
    confidence: 1 - 2 * (distribution[rank - 1] as number),
  };
}

/** (d_i + d_j) / 2 for all i ≤ j, ascending. */
function walshAverages(differences: readonly number[]): Float64Array {
  const n = differences.length;
  const averages = new Float64Array((n * (n + 1)) / 2);
  let next = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) averages[next++] = ((differences[i] as number) + (differences[j] as number)) / 2;
  return averages.sort();
}

function median(ascending: Float64Array): number {
  const middle = ascending.length >> 1;
  const upper = ascending[middle] as number;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] as number) + upper) / 2;
}
