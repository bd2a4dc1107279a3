import { UsageError } from "../../base/errors.js";
import { DEFAULT_HASH_SEED } from "./block-hash.js";
import type { EngineCoreConfig } from "./engine-types.js";

/** Keeps every hash input within one pickle frame, and a block's tokens within reason. */
export const MAX_BLOCK_SIZE = 8192;
export const MAX_GPU_BLOCKS = 1 << 24;
export const MAX_KV_GROUPS = 64;

export type ResolvedConfig = Required<EngineCoreConfig>;

/** Fills in defaults and refuses what vLLM refuses at start. Throws UsageError. */
export function resolveConfig(config: EngineCoreConfig): ResolvedConfig {
  const { numGpuBlocks, blockSize, kvGroups = 1 } = config;
  checkRange("block size", blockSize, 1, MAX_BLOCK_SIZE);
  checkRange("number of KV groups", kvGroups, 1, MAX_KV_GROUPS);
  checkRange("number of GPU blocks", numGpuBlocks, kvGroups + 1, MAX_GPU_BLOCKS);
  const longest = Math.floor((numGpuBlocks - 1) / kvGroups) * blockSize;
  const { maxModelLen = longest } = config;
  if (maxModelLen > longest) {
    throw new UsageError(
      "KVP_E_USAGE",
      `max model length ${maxModelLen} does not fit: ${numGpuBlocks - 1} usable blocks of ${blockSize} tokens in ${kvGroups} group(s) hold ${longest}`,
    );
  }
  checkRange("max model length", maxModelLen, 2, longest);
  const resolved = {
    maxNumBatchedTokens: 8192,
    maxNumSeqs: 256,
    hashAlgorithm: "sha256_cbor",
    hashSeed: DEFAULT_HASH_SEED,
    taggedExtraKeys: true,
    intHashes: true,
    cpuBlocks: 0,
    ...definedOnly(config),
    kvGroups,
    maxModelLen,
  } as const;
  checkRange("max number of batched tokens", resolved.maxNumBatchedTokens, 1, Number.MAX_SAFE_INTEGER);
  checkRange("max number of sequences", resolved.maxNumSeqs, 1, Number.MAX_SAFE_INTEGER);
  checkRange("number of CPU blocks", resolved.cpuBlocks, 0, MAX_GPU_BLOCKS);
  return resolved;
}

function definedOnly(config: EngineCoreConfig): EngineCoreConfig {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as EngineCoreConfig;
}

function checkRange(what: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new UsageError("KVP_E_USAGE", `the ${what} must be an integer from ${low} to ${high}, not ${value}`);
}
