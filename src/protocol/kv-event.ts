/**
 * KV-cache events as objects: what a publisher hands to the writer. Readers on the hot path use {@link KvEventSink}
 * (kv-event-sink.ts) and build none of these. Fields and order: vllm/distributed/kv_events.py.
 */

/** A block hash on the wire: u64 (vLLM default), i64 (SGLang, TensorRT-LLM) or raw digest bytes. */
export type WireHash = bigint | Uint8Array;

/** One entry of `extra_keys` for a block: adapter name, cache salt, multimodal id, `[id, offset]`, or embeds digest. */
export type ExtraKey = string | Uint8Array | readonly [id: string, offset: number];

export interface BlockStored {
  readonly type: "stored";
  readonly blockHashes: readonly WireHash[];
  /** Hash of the block before the first stored one; null at the start of a sequence. */
  readonly parent: WireHash | null;
  readonly tokenIds: ArrayLike<number>;
  readonly blockSize: number;
  readonly loraId: number | null;
  readonly loraName: string | null;
  readonly medium: string | null;
  /** One entry per block (null = none); undefined = the field is absent (map) or nil (array). */
  readonly extraKeys?: readonly (readonly ExtraKey[] | null)[] | null;
  readonly groupIdx?: number | null;
  readonly specKind?: string | null;
  readonly slidingWindow?: number | null;
  readonly locality?: string | null;
  readonly ownership?: string | null;
  readonly sessionId?: string | null;
  /** SGLang only: its salted events carry the salt itself. */
  readonly cacheSalt?: string | null;
}

export interface BlockRemoved {
  readonly type: "removed";
  readonly blockHashes: readonly WireHash[];
  readonly medium: string | null;
  readonly groupIdx?: number | null;
  readonly locality?: string | null;
  readonly ownership?: string | null;
}

export interface AllBlocksCleared {
  readonly type: "cleared";
}

export type KvEvent = BlockStored | BlockRemoved | AllBlocksCleared;

export interface KvEventBatch {
  /** Seconds since 1970, float64, as `time.time()`. Data, never a measuring instrument. */
  readonly ts: number;
  readonly events: readonly KvEvent[];
  /** Data-parallel rank; undefined = the 2-element batch of vLLM 0.9.0. */
  readonly rank?: number | null;
}
