/** The public shapes of one engine core (one data-parallel rank). Pure: time, sampling and I/O belong to the caller. */
import type { LedgerChange } from "../../base/ledger.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import type { PreparedPrompt } from "./lab-cache.js";

/** vLLM's `--prefix-caching-hash-algo`. */
export type HashAlgorithm = "sha256" | "sha256_cbor" | "xxhash" | "xxhash_cbor";

/** A loaded LoRA adapter. `id` counts up in load order from 1; a reload under the same name gets a new one. */
export interface Adapter {
  readonly name: string;
  readonly path: string;
  readonly id: number;
}

export interface EngineCoreConfig {
  /** Served model name: part of block identities (ledger), never of block hashes. */
  readonly model: string;
  /** Physical blocks, the null block included; usable are `numGpuBlocks - 1`. */
  readonly numGpuBlocks: number;
  /** Tokens per block. */
  readonly blockSize: number;
  /** Step budget. Default 8192. */
  readonly maxNumBatchedTokens?: number;
  /** Default 256. */
  readonly maxNumSeqs?: number;
  /** Prompt plus output. Default and upper limit: `(numGpuBlocks - 1) * blockSize` (vLLM refuses to start above it). */
  readonly maxModelLen?: number;
  /** Default "sha256_cbor". */
  readonly hashAlgorithm?: HashAlgorithm;
  /** PYTHONHASHSEED. Default "vllm-none-hash" (vLLM >= 0.29 without one; its xxhash seeds are then random: pass one in). */
  readonly hashSeed?: string;
  /** Tagged extra keys inside the hash: vLLM >= 0.31. Default true. */
  readonly taggedExtraKeys?: boolean;
  /** VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES: u64 (true, default) or whole digests on the wire. */
  readonly intHashes?: boolean;
  /** KV-cache groups, all dense full attention. Default 1. */
  readonly kvGroups?: number;
  /** Blocks of the CPU tier. Default 0 = none. */
  readonly cpuBlocks?: number;
}

export interface EngineRequest {
  readonly id: string;
  readonly tokens: Uint32Array;
  /** Upper bound of generated tokens, >= 1. */
  readonly maxTokens: number;
  readonly adapter: Adapter | null;
  /** Cache salt, or null. */
  readonly salt: string | null;
  readonly sessionId?: string | null;
  /** kv_cache_report_mode=full: the hit blocks are stored on the wire once more, from parent nil. */
  readonly reportFull?: boolean;
  /** The sampled token at output position `index` (0 = the first). Must give the same answer when asked again. */
  nextToken(index: number): number;
  /** Ends the request with reason "stop" after this token. Absent = only `maxTokens` ends it (ignore_eos). */
  isStop?(token: number, index: number): boolean;
}

export type FinishReason = "stop" | "length";

/** One generated token of one request. */
export interface RequestOutput {
  readonly id: string;
  readonly token: number;
  /** Output position of `token`, 0 = the first. */
  readonly index: number;
  readonly firstToken: boolean;
  readonly finishReason: FinishReason | null;
  /** Prompt tokens that the cache spared when the request was first scheduled (usage.prompt_tokens_details.cached_tokens). */
  readonly cachedTokens: number;
}

/** Cache events not yet handed out, with the same changes as the ledger states them. Both empty = publish nothing. */
export interface CacheActivity {
  readonly events: readonly KvEvent[];
  readonly ledger: readonly LedgerChange[];
}

/** What one scheduler step did. `events` is one batch, or empty (no batch then). */
export interface StepResult extends CacheActivity {
  readonly outputs: readonly RequestOutput[];
  /** Requests that lost their blocks in this step and wait again. */
  readonly preempted: readonly string[];
  /** Tokens computed in this step = `prefillTokens + decodeTokens`. */
  readonly scheduledTokens: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
}

export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  /** Physical blocks held by running requests (cached free blocks do not count). */
  readonly usedBlocks: number;
  /** `usedBlocks / (numGpuBlocks - 1)`: vllm:kv_cache_usage_perc. */
  readonly usage: number;
  /** Physical blocks with a hash, held or free. */
  readonly cachedBlocks: number;
  readonly cpuBlocks: number;
  /** Counters since construction, in tokens: vllm:prefix_cache_queries_total, _hits_total. */
  readonly prefixQueries: number;
  readonly prefixHits: number;
  readonly preemptions: number;
}

/** One engine core: what `EngineCore` (engine-core.ts) implements. Construct with `new EngineCore(config, await loadHashes())`. */
/** Blocks [from, until) of a chain; default: all of it. */
export interface BlockSpan {
  readonly from: number;
  readonly until: number;
}

export interface EngineCorePort {
  /** Queues a request. Throws UsageError when it is empty, its id is in use, or it exceeds `maxModelLen`. */
  addRequest(request: EngineRequest): void;
  /** Ends a request between steps; its cached blocks stay. False when the id is unknown (finished already). */
  abort(id: string): boolean;
  /** True while a request runs or waits. A step without work does nothing and flushes nothing, as vLLM. */
  hasWork(): boolean;
  step(): StepResult;
  /**
   * POST /reset_prefix_cache. False when blocks are in use, unless `resetRunning` preempts the running requests first.
   * The AllBlocksCleared leaves with the next step's batch.
   */
  resetPrefixCache(options?: { resetRunning?: boolean }): boolean;
  /** Lab: caches the full blocks of `tokens` as a finished request would. Events wait for {@link takeLabEvents} or a step. */
  storeBlocks(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): { stored: number; resident: number };
  /** Lab: hashes the full blocks of `tokens` once, to be stored many times. */
  prepareBlocks(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): PreparedPrompt;
  /** Lab: as {@link storeBlocks}. */
  storePrepared(prompt: PreparedPrompt): { stored: number; resident: number };
  /** Lab: evicts the unused resident blocks [from, until) of `tokens`, tail first, every copy. Returns how many. */
  evictBlocks(tokens: Uint32Array, adapter: Adapter | null, salt: string | null, span?: Partial<BlockSpan>): number;
  /** Hands out what waits, as one batch, without a step. */
  takeLabEvents(): CacheActivity;
  stats(): EngineStats;
}
