/**
 * Whether a build is worse than its baseline by more than the limit: adaptive pairs, a decision only when the interval allows
 * one, and the machine itself under suspicion first (A/A control). Differences are ln(candidate / baseline), oriented so that
 * positive is worse; each pair was measured side by side in one session.
 *
 *   pass          the interval ends below the limit
 *   fail          the estimate is above the limit, and the interval is clear of "no change" by half the limit
 *   more          neither yet, and pairs are left
 *   inconclusive  the interval is wider than the limit after all pairs: the machine is too noisy to say
 */
import { type Estimate, hodgesLehmann } from "./hodges-lehmann.js";

export interface GateRules {
  /** Share by which a build may be worse: 0.1 = 10 %. */
  readonly limit: number;
  readonly firstPairs: number;
  readonly morePairs: number;
  readonly maxPairs: number;
  /** Widest half interval of the A/A control, and largest difference that it may find between equal builds; a share. */
  readonly controlTolerance: number;
}

export const DEFAULT_RULES: GateRules = {
  limit: 0.1,
  firstPairs: 10,
  morePairs: 6,
  maxPairs: 40,
  controlTolerance: 0.05,
};

export type GateVerdict = "pass" | "fail" | "inconclusive";

export interface GateDecision extends Estimate {
  readonly verdict: GateVerdict | "more";
  /** Passed without proof: the interval still reaches beyond the limit. */
  readonly warning: boolean;
}

export function decide(differences: readonly number[], rules: GateRules = DEFAULT_RULES): GateDecision {
  const found = hodgesLehmann(differences);
  const limit = Math.log1p(rules.limit);
  const said = (verdict: GateDecision["verdict"], warning = false): GateDecision => ({ ...found, verdict, warning });
  if (differences.length < rules.firstPairs) return said("more");
  if (found.high < limit) return said("pass");
  if (found.estimate > limit && found.low > limit / 2) return said("fail");
  if (differences.length + 1 <= rules.maxPairs) return said("more");
  if (found.estimate > limit && found.low > 0) return said("fail");
  return (found.high - found.low) / 2 > limit ? said("inconclusive") : said("pass", true);
}

/** How many pairs to measure next. */
export function pairsToAdd(have: number, rules: GateRules = DEFAULT_RULES): number {
  return have < rules.firstPairs ? rules.firstPairs - have : Math.min(rules.morePairs, rules.maxPairs - have);
}

export interface ControlResult extends Estimate {
  readonly quiet: boolean;
  /** Smallest true change that this machine, this noisy, would show at the given number of pairs; a share. */
  readonly detectable: number;
}

/** The baseline against itself: no real difference, within a narrow interval, or nothing measured here means anything. */
export function control(differences: readonly number[], rules: GateRules = DEFAULT_RULES): ControlResult {
  const found = hodgesLehmann(differences);
  const half = (found.high - found.low) / 2;
  const tolerance = Math.log1p(rules.controlTolerance);
  // With several metrics some interval excludes zero by chance; only a difference that matters says that the machine drifts.
  const drifts = found.low * found.high > 0 && Math.abs(found.estimate) > tolerance;
  const quiet = !drifts && half <= tolerance;
  return { ...found, quiet, detectable: Math.expm1(half) };
}
