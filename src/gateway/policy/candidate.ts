/** What the policy weighs: one engine that could serve the request, as the gateway believes it to be. */
export interface Candidate {
  readonly engine: string;
  /** Leading full blocks of the prompt that the index says this engine holds. */
  readonly blocks: number;
  /** Rank that holds them; null when the engine has one rank or holds nothing. */
  readonly rank: number | null;
  /** Requests in flight. */
  readonly load: number;
  /** Trust in `blocks`, 0..1: how much of the stream's claim may count. */
  readonly credit: number;
}

export interface PolicyParams {
  /** Credible matches below this many blocks do not attract a request. */
  readonly minMatchBlocks: number;
  /** Matched blocks that one more request in flight outweighs. */
  readonly loadWeightBlocks: number;
  /** Load guard: an engine with more than this many requests above the least busy one… */
  readonly guardLoadDifference: number;
  /** …and more than this many times its load, loses its affinity for this request. */
  readonly guardLoadRatio: number;
}

export const DEFAULT_POLICY: PolicyParams = {
  minMatchBlocks: 1,
  loadWeightBlocks: 1,
  guardLoadDifference: 16,
  guardLoadRatio: 2,
};

/** Blocks that count: the claim, discounted by the credit of the stream it came from. */
export function credibleBlocks(blocks: number, credit: number): number {
  return blocks * Math.min(1, Math.max(0, credit));
}
