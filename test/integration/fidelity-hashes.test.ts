/**
 * Every block hash that the recorded vLLM published follows from the tokens of some request. A wrong chain would make the double
 * an engine whose hashes no verifier can recompute. Events are decoded by an independent MessagePack library.
 */
import { decode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { BlockChain } from "../../src/engine/cache/block-chain.js";
import { BlockHasher } from "../../src/engine/cache/block-hash.js";
import { resolveConfig } from "../../src/engine/cache/engine-config.js";
import type { Adapter, HashAlgorithm } from "../../src/engine/cache/engine-types.js";
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { sharedAvailable } from "../shared.js";
import type { Recording } from "./fidelity-recording.js";
import { readRecording } from "./fidelity-recording.js";

const hashes = await loadHashes();

interface StoredEvent {
  readonly type: string;
  readonly block_hashes?: readonly (number | bigint | Uint8Array)[];
}

function publishedHashes({ events }: Recording): string[] {
  return events
    .map(({ payload_hex }) => decode(Buffer.from(payload_hex, "hex"), { useBigInt64: true }) as [number, StoredEvent[]])
    .flatMap(([, batch]) => batch.filter(({ type }) => type === "BlockStored"))
    .flatMap(({ block_hashes = [] }) => block_hashes.map(hex));
}

function hex(hash: number | bigint | Uint8Array): string {
  return hash instanceof Uint8Array ? Buffer.from(hash).toString("hex") : hash.toString(16).padStart(16, "0");
}

/** Adapters that served under a model name at some time of the recording. */
const ADAPTER_PATHS: Readonly<Record<string, readonly string[]>> = {
  loraA: ["./loraA"],
  loraB: ["./loraB"],
  loraC: ["./loraA", "./loraB"],
};

function computedHashes(
  recording: Recording,
  hashAlgorithm: HashAlgorithm,
  hashSeed: string | undefined,
  asInt: boolean,
): Set<string> {
  const config = resolveConfig({
    model: "tiny",
    numGpuBlocks: 64,
    blockSize: 32,
    hashAlgorithm,
    hashSeed,
    intHashes: asInt,
  });
  const hasher = new BlockHasher(hashes, config.hashAlgorithm, config.hashSeed);
  const computed = new Set<string>();
  for (const { model, prompt, output_token_ids, extra } of recording.requests) {
    const tokens = Uint32Array.from([...prompt, ...(output_token_ids ?? [])]);
    const adapters = ADAPTER_PATHS[model]?.map((path): Adapter => ({ name: model, path, id: 1 })) ?? [null];
    for (const adapter of adapters) {
      const chain = new BlockChain(config, hasher, { adapter, salt: extra.cache_salt ?? null, sessionId: null });
      chain.extend(tokens, tokens.length);
      for (const { ledger } of chain.blocks) computed.add(ledger[1]);
    }
  }
  return computed;
}

describe.skipIf(!sharedAvailable)("published block hashes of recorded vLLM 0.32.0 (needs ../shared)", () => {
  it.each<[string, HashAlgorithm, string | undefined, boolean, number]>([
    ["sha256-seed0", "sha256", "0", true, 103],
    ["sha256-noseed", "sha256", undefined, true, 103],
    ["sha256_cbor-noseed-bytes", "sha256_cbor", undefined, false, 103],
    ["xxhash_cbor-seed0", "xxhash_cbor", "0", true, 103],
    ["basic-sha256_cbor", "sha256_cbor", "0", true, 302],
    ["hybrid-swa", "sha256_cbor", "0", true, 112],
    ["lora", "sha256_cbor", "0", true, 18],
    ["dp2", "sha256_cbor", "0", true, 26],
  ])("%s: all follow from tokens", (name, algorithm, seed, asInt, count) => {
    const recording = readRecording(name);
    const published = publishedHashes(recording);
    const computed = computedHashes(recording, algorithm, seed, asInt);
    expect(published.filter((hash) => !computed.has(hash))).toEqual([]);
    expect(published.length).toBe(count);
  });
});
