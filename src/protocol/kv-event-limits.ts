/** What a batch may hold at most. Beyond a limit an event costs itself when its extent is known, else the batch. */
export interface KvEventLimits {
  /** Bytes of one batch. */
  readonly maxBatchBytes: number;
  readonly maxEventsPerBatch: number;
  /** Malformed events in one batch before the whole batch counts as garbage (each costs an error object). */
  readonly maxMalformedPerBatch: number;
  readonly maxBlocksPerEvent: number;
  readonly maxTokensPerEvent: number;
  /** Containers within containers, in values that are skipped. At most 256. */
  readonly maxNestingDepth: number;
  /** UTF-8 bytes of a medium, adapter name, kind, salt or type. */
  readonly maxStringBytes: number;
}

export const DEFAULT_KV_EVENT_LIMITS: KvEventLimits = {
  maxBatchBytes: 64 << 20,
  maxEventsPerBatch: 1 << 20,
  maxMalformedPerBatch: 1000,
  maxBlocksPerEvent: 1 << 20,
  maxTokensPerEvent: 1 << 22,
  maxNestingDepth: 32,
  maxStringBytes: 4096,
};
