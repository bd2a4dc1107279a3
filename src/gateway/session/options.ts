/** Every limit and time of a session, by name. */
export interface SessionOptions {
  /** Batches held back at most while a replay runs; beyond it they are shed and fetched again by replay. */
  readonly heldBatchesMax: number;
  readonly heldBytesMax: number;
  /** Replay rounds in a row that brought nothing, after which replay counts as unavailable. */
  readonly replayAttemptsMax: number;
  /** ... or this long after the first of them: a black hole is not waited for again and again. */
  readonly replayPatienceMs: number;
  /** Rounds in which the publisher sent later batches but not the missing one, after which it counts as lost for good. */
  readonly holeStrikesMax: number;
  /** Pause before the second round; doubles up to `retryMaxMs`. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** An idle stream asks again for its last batch after this long, then ever more rarely: finds a lost tail and hidden restarts. */
  readonly auditMinMs: number;
  readonly auditMaxMs: number;
  /**
   * A connection that has brought no live batch yet asks once more after this long: what is published after the replay was
   * answered and before the publisher knew of the subscription reaches nobody.
   */
  readonly joinAuditMs: number;
  /** An incomplete stream asks whether the missing part can be had by now. */
  readonly rebuildMinMs: number;
  readonly rebuildMaxMs: number;
  /** A lost connection keeps its credit this long. */
  readonly leaseMs: number;
  /** Credit while a gap is being closed. */
  readonly gappedCredit: number;
  /** Credit of a stream that is known to be incomplete, just after its order was last verified ... */
  readonly partialCredit: number;
  /** ... and the time in which it halves when nothing verifies it again. */
  readonly partialHalfLifeMs: number;
}

export const DEFAULT_SESSION_OPTIONS: SessionOptions = {
  heldBatchesMax: 20_000,
  heldBytesMax: 16 * 1024 * 1024,
  replayAttemptsMax: 6,
  replayPatienceMs: 3_000,
  holeStrikesMax: 3,
  retryMinMs: 100,
  retryMaxMs: 2_000,
  auditMinMs: 1_000,
  auditMaxMs: 30_000,
  joinAuditMs: 100,
  rebuildMinMs: 1_000,
  rebuildMaxMs: 30_000,
  leaseMs: 3_000,
  gappedCredit: 0.5,
  partialCredit: 0.5,
  partialHalfLifeMs: 60_000,
};
