import { hash } from "node:crypto";
import { InternalError } from "../../base/errors.js";
import type { HashAlgorithm } from "./engine-types.js";
import type { Digest } from "./hash-input.js";

/** The two hash functions under vLLM's four algorithms. Digests are Latin-1 strings, see {@link Digest}. */
export interface HashFunctions {
  readonly sha256: (bytes: Uint8Array) => Digest;
  /** XXH3-128 in its canonical (big-endian) form, as `xxhash.xxh3_128_digest`. */
  readonly xxh3: (bytes: Uint8Array) => Digest;
}

/**
 * Loads the hash functions; asynchronous because XXH3 is WebAssembly (about 20 ms and 3 MB, once per process). Named an
 * `algorithm` that does not need it, it stays unloaded: a lab starts a hundred engines.
 */
export async function loadHashes(algorithm?: HashAlgorithm): Promise<HashFunctions> {
  const xxh3 = algorithm?.startsWith("sha256") ? xxh3NotLoaded : await loadXxh3();
  return { sha256: (bytes) => hash("sha256", bytes, "binary"), xxh3 };
}

async function loadXxh3(): Promise<HashFunctions["xxh3"]> {
  const { createXXHash128 } = await import("hash-wasm");
  const xxh3 = await createXXHash128(0, 0);
  return (bytes) => Buffer.from(xxh3.init().update(bytes).digest("binary")).toString("latin1");
}

function xxh3NotLoaded(): never {
  throw new InternalError("XXH3 was not asked for when the hash functions were loaded");
}
