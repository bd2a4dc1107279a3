/** Seams inside the gateway: transport and session feed a {@link StreamSink}; the index is one; HTTP asks a {@link PrefixMatcher}. */

/**
 * What applying one batch did. Rejected = the batch as a whole was not decodable; events before the damage may have been
 * applied, so the stream has to be read again from there. If the next batch begins with those very events, they are not
 * applied a second time.
 */
export interface ApplyResult {
  rejected: boolean;
  events: number;
  malformedEvents: number;
  unknownEvents: number;
  /** Block operations applied: stored plus removed blocks. */
  blocks: number;
}

/** One stream's view of the index: everything applied through it belongs to one (engine, rank) holder. */
export interface StreamSink {
  /** Applies one batch payload (bytes are valid during the call only). Never throws for bad bytes. */
  apply(payload: Uint8Array): ApplyResult;
  /** Forgets everything of this holder. */
  purge(): void;
}

export type StreamState = "cold" | "catching-up" | "live" | "gapped" | "stale" | "partial";

/** Position and counters of one stream, for /workers, /metrics and the judge. All counts since the gateway started. */
export interface StreamStatus {
  readonly state: StreamState;
  readonly connected: boolean;
  /** Highest sequence number applied in this life; -1 = none. */
  readonly lastSeq: number;
  readonly lives: number;
  /** Batches that reached the session, live or replayed; = applied + duplicate + rejected + dropped once nothing is held. */
  readonly receivedBatches: number;
  readonly appliedBatches: number;
  readonly duplicateBatches: number;
  readonly rejectedBatches: number;
  readonly droppedBatches: number;
  /** Held back while a replay runs. */
  readonly heldBatches: number;
  readonly appliedEvents: number;
  readonly malformedEvents: number;
  readonly unknownEvents: number;
  readonly blockOperations: number;
  readonly gaps: number;
  readonly missingBatches: number;
  readonly replays: number;
  readonly replayFailures: number;
  readonly replayedBatches: number;
  readonly purges: number;
  readonly reconnects: number;
  /** Share of full credit the policy may give this stream, 0..1. */
  readonly credit: number;
  /** Monotonic nanoseconds of the last byte from the publisher; 0 = none yet. */
  readonly lastHeardNs: number;
  /** From the publisher's live socket. */
  readonly receivedBytes: number;
}

export interface PrefixQuery {
  readonly model: string;
  readonly lora: string | null;
  readonly salt: string | null;
  readonly tokens: ArrayLike<number>;
}

/** `blocks[i]` leading full blocks are held by (engines[i], ranks[i]). One entry per holder with at least one block. */
export interface PrefixMatch {
  readonly engine: string;
  readonly rank: number;
  readonly blocks: number;
}

export interface PrefixMatcher {
  match(query: PrefixQuery): PrefixMatch[];
}

/**
 * unknown: not asked yet; served as if healthy. unresponsive: missed several checks or answered an error; gets no new
 * requests while others can serve. down: nothing listens there any more; what it cached is gone with the process.
 */
export type HealthState = "unknown" | "healthy" | "unresponsive" | "down";
