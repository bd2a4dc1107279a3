/** The index's public shapes: options, what a holder is, what it reports about itself. */

/**
 * What a second store of a resident hash means. vLLM really has a second physical block then, and sends one removal per
 * block (copies); SGLang and others announce again what they hold, and send one removal in all (set).
 */
export type DuplicateRule = "copies" | "set";

export interface PrefixIndexOptions {
  /** Cap on resident entries: one per (block, group, engine, rank), parked and unplaced ones included. */
  readonly maxBlocks?: number;
  /** Cap on blocks that wait for an unknown parent; the oldest goes first. */
  readonly maxParked?: number;
  /** Key of the block hash. Prefixes of different seeds have nothing in common; keep it secret where prompts are hostile. */
  readonly seed: number;
  readonly duplicates?: DuplicateRule;
}

/** One stream of events: a data-parallel rank of an engine. */
export interface HolderSpec {
  readonly engine: string;
  readonly rank: number;
  readonly model: string;
  /** Tokens per block in which matches of this holder are counted. */
  readonly blockSize: number;
  /** KV-cache groups known beforehand (hybrid models); others are learned from the events. */
  readonly groups?: number;
  /** Overrides the index's rule, by dialect. */
  readonly duplicates?: DuplicateRule;
}

/** Never used twice in the life of an index, so that a late event cannot reach a successor. */
export type HolderId = number;

export interface PrefixIndexStats {
  readonly holders: number;
  /** Resident (block, group, holder) entries whose place in a prefix is known. */
  readonly blocks: number;
  /** Entries of cleared streams and removed holders that are still to be taken out of the tables; in no answer. */
  readonly retired: number;
  /** Distinct blocks (content and prefix) of `blocks` and `retired`. */
  readonly nodes: number;
  /** Entries that wait for their parent. */
  readonly parked: number;
  /** Entries known by hash alone: sparse groups, offload placeholders. */
  readonly unplaced: number;
  readonly capBlocks: number;
  /** Bytes of all tables, as allocated. */
  readonly bytes: number;
  readonly storedBlocks: number;
  readonly removedBlocks: number;
  readonly evictedByCap: number;
  readonly orphansParked: number;
  readonly orphansAdopted: number;
  readonly orphansDropped: number;
  readonly unknownRemovals: number;
  /** Stored events without one token list per block: hybrid groups, offload placeholders, damaged ones. */
  readonly sparseEvents: number;
  /** Stores of a resident hash with another prefix or other tokens. */
  readonly conflicts: number;
  readonly adapterReloads: number;
  /** Batches for a holder that was removed. */
  readonly lateBatches: number;
}
