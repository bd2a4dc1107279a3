/**
 * Wilcoxon's signed-rank statistic W⁺ of n untied differences: its exact distribution under "no difference", by counting the
 * subsets of the ranks 1..n that have each sum. Exact up to MAX_PAIRS, where 2^n still fits a double.
 */
import { invariant } from "../../base/errors.js";

export const MAX_PAIRS = 50;

/** P(W⁺ ≤ w) for w = 0..n(n+1)/2. */
export function signedRankDistribution(n: number): Float64Array {
  invariant(Number.isInteger(n) && n >= 1 && n <= MAX_PAIRS, `1 to ${MAX_PAIRS} pairs, not ${n}`);
  const highest = (n * (n + 1)) / 2;
  const ways = new Float64Array(highest + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++)
    for (let sum = highest; sum >= rank; sum--) ways[sum] = (ways[sum] as number) + (ways[sum - rank] as number);
  const total = 2 ** n;
  let below = 0;
  return ways.map((count) => (below += count) / total);
}

/** The smallest w with P(W⁺ ≤ w) ≥ p, as R's `qsignrank`. */
export function signedRankQuantile(p: number, n: number): number {
  return signedRankDistribution(n).findIndex((probability) => probability >= p);
}
