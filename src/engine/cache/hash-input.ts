import type { ByteSink } from "./byte-sink.js";

/** A whole digest, one char (U+0000..U+00FF) per byte: a map key, and what Node's hash() returns fastest (0.4 us, a Buffer takes 1.6). */
export type Digest = string;

/** What vLLM puts into a block's hash input besides parent and tokens: text, integers, bytes, and tuples of them. */
export type HashValue = string | number | Uint8Array | readonly HashValue[];

/** What is hashed for one block: the tuple `(parent digest, tokens[from, to), extra keys or None)`. */
export interface BlockInput {
  readonly parent: Digest;
  readonly tokens: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly extra: readonly HashValue[] | null;
}

/** A serialisation that vLLM hashes: canonical CBOR or pickle. Both methods write into a cleared sink. */
export interface HashInputFormat {
  block(sink: ByteSink, input: BlockInput): void;
  /** A lone string: the seed that NONE_HASH is made of. */
  text(sink: ByteSink, text: string): void;
}
