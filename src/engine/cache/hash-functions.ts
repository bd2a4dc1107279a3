import { hash } from "node:crypto";
import { createXXHash128 } from "hash-wasm";
import type { Digest } from "./hash-input.js";

/** The two hash functions under vLLM's four algorithms. Digests are Latin-1 strings, see {@link Digest}. */
export interface HashFunctions {
  readonly sha256: (bytes: Uint8Array) => Digest;
  /** XXH3-128 in its canonical (big-endian) form, as `xxhash.xxh3_128_digest`. */
  readonly xxh3: (bytes: Uint8Array) => Digest;
}

/** Loads the hash functions; asynchronous because XXH3 is WebAssembly (about 15 ms, once per process). */
export async function loadHashes(): Promise<HashFunctions> {
  const xxh3 = await createXXHash128(0, 0);
  return {
    sha256: (bytes) => hash("sha256", bytes, "binary"),
    xxh3: (bytes) => Buffer.from(xxh3.init().update(bytes).digest("binary")).toString("latin1"),
  };
}
