/**
 * The reading side of KV events, without objects: the decoder fills one reused view per event and calls the sink.
 * Views and their arrays are valid only during the call. Hashes are normalised to 64 bits as two u32 words: u64 and i64 as
 * their bits, byte strings as their last 8 bytes (big endian) — the same number vLLM publishes for them.
 */
import type { ProtocolError } from "../base/errors.js";

export interface StoredView {
  blockCount: number;
  /** Words of `blockHashes[i]`, i < blockCount. */
  hashHi: Uint32Array;
  hashLo: Uint32Array;
  hasParent: boolean;
  parentHi: number;
  parentLo: number;
  tokenCount: number;
  tokens: Uint32Array;
  blockSize: number;
  loraId: number | null;
  loraName: string | null;
  medium: string | null;
  groupIdx: number;
  specKind: string | null;
  slidingWindow: number | null;
  /** Salt of the sequence: SGLang's field, or the extra key of block 0 that is not the adapter's name. */
  salt: string | null;
  /**
   * True when some block carries extra keys besides adapter and salt (multimodal ids, prompt embeddings). Then
   * `blockTaint[i]` is a 32-bit digest of block i's other keys (0 = none), so that such a block never equals a text-only one.
   */
  tainted: boolean;
  blockTaint: Uint32Array;
}

export interface RemovedView {
  blockCount: number;
  hashHi: Uint32Array;
  hashLo: Uint32Array;
  medium: string | null;
  groupIdx: number;
}

export interface KvEventSink {
  stored(event: StoredView): void;
  removed(event: RemovedView): void;
  cleared(): void;
  /** A well-formed event of an unknown type was skipped (forward compatibility). */
  unknown?(type: string): void;
  /** An event was malformed; it alone was skipped, the batch goes on. */
  malformed?(error: ProtocolError): void;
}

/** What the frame around the events said. */
export interface BatchHeader {
  ts: number;
  /** null = absent or nil. */
  rank: number | null;
  eventCount: number;
}
