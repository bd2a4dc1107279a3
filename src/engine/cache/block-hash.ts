/**
 * vLLM's block hash chain: `hash[i] = H((hash[i-1], tokens of block i, extra keys or None))` over full blocks only, with
 * `hash[-1] = NONE_HASH = H(seed string)`. H is sha256 or XXH3-128 of a pickle or of canonical CBOR
 * (vllm/v1/core/kv_cache_utils.py, vllm/utils/hashing.py). The chain runs over whole digests; the wire shortens them.
 */
import type { WireHash } from "../../protocol/kv-event.js";
import { ByteSink } from "./byte-sink.js";
import { cborInput } from "./cbor-input.js";
import type { HashAlgorithm } from "./engine-types.js";
import type { HashFunctions } from "./hash-functions.js";
import type { Digest, HashInputFormat, HashValue } from "./hash-input.js";
import { pickleInput } from "./pickle-input.js";

/** vLLM's seed when PYTHONHASHSEED is unset (0.29 and later; its xxhash algorithms draw random bytes instead). */
export const DEFAULT_HASH_SEED = "vllm-none-hash";

const WIRE_INT_BYTES = 8;

export class BlockHasher {
  /** NONE_HASH, the parent of every first block. */
  readonly root: Digest;
  readonly #format: HashInputFormat;
  readonly #digest: (bytes: Uint8Array) => Digest;
  readonly #sink = new ByteSink();
  readonly #low = Buffer.alloc(WIRE_INT_BYTES);

  constructor(functions: HashFunctions, algorithm: HashAlgorithm, seed: string = DEFAULT_HASH_SEED) {
    this.#format = algorithm.endsWith("_cbor") ? cborInput : pickleInput;
    this.#digest = algorithm.startsWith("xxhash") ? functions.xxh3 : functions.sha256;
    this.#format.text(this.#sink, seed);
    this.root = this.#digest(this.#sink.view());
  }

  /** The digest of the block that holds `tokens[from, to)` and follows `parent`. */
  block(parent: Digest, tokens: Uint32Array, from: number, to: number, extra: readonly HashValue[] | null): Digest {
    this.#sink.length = 0;
    this.#format.block(this.#sink, { parent, tokens, from, to, extra });
    return this.#digest(this.#sink.view());
  }

  /** VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=1: the last 8 bytes, big endian, unsigned. */
  wireInt(digest: Digest): bigint {
    this.#low.write(digest.slice(-WIRE_INT_BYTES), 0, "latin1");
    return this.#low.readBigUInt64BE(0);
  }

  /** The hash as events carry it: u64, or the whole digest. */
  wire(digest: Digest, asInt: boolean): WireHash {
    return asInt ? this.wireInt(digest) : Buffer.from(digest, "latin1");
  }
}
