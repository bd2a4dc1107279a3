/**
 * From belief and load to a choice. Pure: the same candidates, parameters and rotation give the same answer.
 *
 * score = affinity − loadWeightBlocks × (load − least load). Affinity is the credible match (blocks × credit) if it reaches
 * `minMatchBlocks` and the engine is not far busier than the least busy one (load guard), else 0. Ties go to the lower load,
 * then round. So with equal loads and full credit the longest match of at least `minMatchBlocks` always wins, and an
 * engine whose stream went stale still serves: it merely attracts nothing.
 */
import { type Candidate, credibleBlocks, type PolicyParams } from "./candidate.js";

export type RouteReason =
  /** The winner holds the longest credible match. */
  | "longest-match"
  /** The winner holds a shorter match than another engine, whose load outweighs the difference. */
  | "load-outweighs-match"
  /** The longest match lost its affinity because its engine is far busier than the least busy one. */
  | "load-guard"
  /** Nobody holds a credible match of the minimum length: least load. */
  | "least-load"
  /** There is no alternative. */
  | "only-engine";

export interface ScoredCandidate extends Candidate {
  readonly score: number;
  readonly guarded: boolean;
}

export interface Choice {
  /** Best first: the winner, then whom to try next should it fail. */
  readonly ranking: readonly [ScoredCandidate, ...ScoredCandidate[]];
  readonly reason: RouteReason;
  /** The decision in words and numbers. */
  readonly because: string;
}

/** @returns null when there is no candidate. `rotation` is any counter; it decides only between exact ties. */
export function choose(candidates: readonly Candidate[], params: PolicyParams, rotation: number): Choice | null {
  if (candidates.length === 0) return null;
  const leastLoad = candidates.reduce((least, candidate) => Math.min(least, candidate.load), Number.POSITIVE_INFINITY);
  const scored = candidates.map((candidate) => score(candidate, params, leastLoad));
  scored.sort(byPreference);
  const ranking = rotateTies(scored, rotation) as [ScoredCandidate, ...ScoredCandidate[]];
  const reason = explain(ranking, params);
  return { ranking, reason, because: inWords(ranking, reason, params) };
}

function score(candidate: Candidate, params: PolicyParams, leastLoad: number): ScoredCandidate {
  const extraLoad = candidate.load - leastLoad;
  const guarded = extraLoad > params.guardLoadDifference && candidate.load > params.guardLoadRatio * leastLoad;
  const match = credibleMatch(candidate, params);
  return { ...candidate, guarded, score: (guarded ? 0 : match) - params.loadWeightBlocks * extraLoad };
}

function credibleMatch(candidate: Candidate, params: PolicyParams): number {
  const credible = credibleBlocks(candidate.blocks, candidate.credit);
  return credible >= params.minMatchBlocks ? credible : 0;
}

/** Score, then load, then name: the last only so that the order does not depend on the order of arrival. */
function byPreference(a: ScoredCandidate, b: ScoredCandidate): number {
  return b.score - a.score || a.load - b.load || (a.engine < b.engine ? -1 : a.engine > b.engine ? 1 : 0);
}

function rotateTies(sorted: readonly ScoredCandidate[], rotation: number): ScoredCandidate[] {
  const best = sorted[0] as ScoredCandidate;
  let tied = 1;
  while (sorted[tied]?.score === best.score && sorted[tied]?.load === best.load) tied++;
  const offset = Math.abs(Math.trunc(rotation)) % tied;
  return [...sorted.slice(offset, tied), ...sorted.slice(0, offset), ...sorted.slice(tied)];
}

function explain(ranking: readonly ScoredCandidate[], params: PolicyParams): RouteReason {
  if (ranking.length === 1) return "only-engine";
  const winner = credibleMatch(ranking[0] as ScoredCandidate, params);
  let longest = ranking[0] as ScoredCandidate;
  for (const other of ranking) if (credibleMatch(other, params) > credibleMatch(longest, params)) longest = other;
  if (credibleMatch(longest, params) > winner) return longest.guarded ? "load-guard" : "load-outweighs-match";
  return winner > 0 && !longest.guarded ? "longest-match" : "least-load";
}

function inWords(ranking: readonly ScoredCandidate[], reason: RouteReason, params: PolicyParams): string {
  const [winner, next] = ranking;
  const named = [describe(winner as ScoredCandidate), ...(next ? [`next ${describe(next)}`] : [])].join("; ");
  if (reason === "least-load") return `no credible match of ${params.minMatchBlocks}+ blocks; ${named}`;
  if (reason !== "load-guard") return named;
  const guarded = ranking.find((candidate) => candidate.guarded && credibleMatch(candidate, params) > 0);
  return guarded ? `${named}; passed over ${describe(guarded)}` : named;
}

function describe(candidate: ScoredCandidate): string {
  const credit = candidate.credit < 1 ? ` at credit ${candidate.credit.toFixed(2)}` : "";
  return `${candidate.engine} holds ${candidate.blocks} blocks${credit}, load ${candidate.load}`;
}
