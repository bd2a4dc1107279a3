/**
 * An engine's own account of what it caches: one record per published batch, written before the bytes leave, as NDJSON.
 * It is the judge's truth. Conservation holds per (rank, group, medium, hash): stores - removes = resident copies >= 0.
 */
import type { BlockIdentity } from "./block-identity.js";

/** `[identity, hash]`; the hash as on the wire, in hex (16 digits for u64, more for byte hashes), for people to grep. */
export type LedgerBlock = readonly [identity: BlockIdentity, hash: string];

/**
 * Changes in the order in which the batch states them. `group` default 0, `medium` default "GPU". `wire`: what the batch's
 * bytes make of the change, where they do not state it as it is (quirks of the lab): nobody can know it better than they say.
 */
export type LedgerChange =
  | {
      readonly op: "store";
      readonly blocks: readonly LedgerBlock[];
      readonly group?: number;
      readonly medium?: string;
      /**
       * misplaced: nobody can tell where it belongs. doubled: stated twice, as if another copy had been stored. unsaid: not
       * stated at all.
       */
      readonly wire?: "misplaced" | "doubled" | "unsaid";
    }
  | {
      readonly op: "remove";
      readonly blocks: readonly LedgerBlock[];
      readonly group?: number;
      readonly medium?: string;
      readonly wire?: "unsaid";
    }
  | { readonly op: "clear" };

export interface LedgerRecord {
  readonly engine: string;
  /** Life of the publisher: 1 for the first process of this engine, +1 per restart. Not on the wire. */
  readonly epoch: number;
  readonly rank: number;
  /** Sequence number of the batch on the wire. */
  readonly seq: number;
  /** Host monotonic nanoseconds, taken just before the bytes are handed to the socket. */
  readonly at_ns: number;
  readonly changes: readonly LedgerChange[];
  /**
   * How the batch left: absent = normally; "burnt" = the sequence number was consumed but no bytes left (and none can be
   * replayed); "garbled" = undecodable bytes left in its place (quirks of the lab).
   */
  readonly wire?: "burnt" | "garbled";
}
