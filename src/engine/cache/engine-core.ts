/**
 * One engine core, the part of vLLM's EngineCore that a KV-event consumer can see: requests in, steps, cache events and tokens
 * out. One instance per data-parallel rank. Pure: the caller owns time, sampling and I/O.
 */
import { UsageError } from "../../base/errors.js";
import { BlockHasher } from "./block-hash.js";
import { BlockPool } from "./block-pool.js";
import { CacheJournal } from "./cache-journal.js";
import { CacheManager } from "./cache-manager.js";
import { CpuTier } from "./cpu-tier.js";
import type { ResolvedConfig } from "./engine-config.js";
import { resolveConfig } from "./engine-config.js";
import type {
  Adapter,
  BlockSpan,
  CacheActivity,
  EngineCoreConfig,
  EngineCorePort,
  EngineRequest,
  EngineStats,
  RequestOutput,
  StepResult,
} from "./engine-types.js";
import type { HashFunctions } from "./hash-functions.js";
import { LabCache, type PreparedPrompt } from "./lab-cache.js";
import { RequestState } from "./request-state.js";
import type { Scheduled } from "./scheduler.js";
import { Scheduler } from "./scheduler.js";

const IDLE_STEP: StepResult = {
  events: [],
  ledger: [],
  outputs: [],
  preempted: [],
  scheduledTokens: 0,
  prefillTokens: 0,
  decodeTokens: 0,
};

export class EngineCore implements EngineCorePort {
  readonly config: ResolvedConfig;
  /** For audits and tests; requests go through this class. */
  readonly pool: BlockPool;
  readonly #hasher: BlockHasher;
  readonly #journal: CacheJournal;
  readonly #cpu: CpuTier;
  readonly #scheduler: Scheduler;
  readonly #lab: LabCache;
  readonly #requests = new Map<string, RequestState>();

  /** Throws UsageError when a size is out of range or `maxModelLen` exceeds the usable blocks. */
  constructor(config: EngineCoreConfig, hashes: HashFunctions) {
    this.config = resolveConfig(config);
    const { numGpuBlocks, kvGroups, blockSize, cpuBlocks, hashAlgorithm, hashSeed } = this.config;
    this.#hasher = new BlockHasher(hashes, hashAlgorithm, hashSeed);
    this.#journal = new CacheJournal(blockSize);
    this.#cpu = new CpuTier(cpuBlocks, this.#journal);
    this.pool = new BlockPool(numGpuBlocks, kvGroups, this.#journal, this.#cpu);
    this.#scheduler = new Scheduler(this.config, new CacheManager(this.pool, this.#cpu, this.#journal, blockSize));
    this.#lab = new LabCache(this.config, this.#hasher, this.pool);
  }

  addRequest(request: EngineRequest): void {
    const { id, tokens, maxTokens } = request;
    const refuse = (why: string): never => {
      throw new UsageError("KVP_E_BAD_REQUEST", `request ${id}: ${why}`);
    };
    if (tokens.length === 0) refuse("the prompt is empty");
    if (!(maxTokens >= 1)) refuse(`max_tokens must be at least 1, got ${maxTokens}`);
    if (tokens.length >= this.config.maxModelLen) {
      refuse(`a prompt of ${tokens.length} tokens leaves no room for output in ${this.config.maxModelLen}`);
    }
    if (this.#requests.has(id)) refuse("its id is in use");
    const state = new RequestState(request, this.config, this.#hasher);
    this.#requests.set(id, state);
    this.#scheduler.add(state);
  }

  abort(id: string): boolean {
    const state = this.#requests.get(id);
    if (!state) return false;
    this.#finish(state);
    return true;
  }

  hasWork(): boolean {
    return this.#requests.size > 0;
  }

  step(): StepResult {
    if (!this.hasWork()) return IDLE_STEP;
    const { scheduled, preempted } = this.#scheduler.schedule();
    let prefillTokens = 0;
    let decodeTokens = 0;
    for (const { state, count } of scheduled) {
      if (state.generated > 0 && count === 1) decodeTokens++;
      else prefillTokens += count;
    }
    return {
      outputs: this.#sample(scheduled),
      ...this.#journal.take(),
      preempted: preempted.map(({ id }) => id),
      scheduledTokens: prefillTokens + decodeTokens,
      prefillTokens,
      decodeTokens,
    };
  }

  resetPrefixCache({ resetRunning = false }: { resetRunning?: boolean } = {}): boolean {
    if (resetRunning) this.#scheduler.preemptAll();
    return this.pool.reset();
  }

  storeBlocks(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): { stored: number; resident: number } {
    return this.#lab.store(tokens, adapter, salt);
  }

  prepareBlocks(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): PreparedPrompt {
    return this.#lab.prepare(tokens, adapter, salt);
  }

  storePrepared(prompt: PreparedPrompt): { stored: number; resident: number } {
    return this.#lab.storePrepared(prompt);
  }

  evictBlocks(
    tokens: Uint32Array,
    adapter: Adapter | null,
    salt: string | null,
    span: Partial<BlockSpan> = {},
  ): number {
    return this.#lab.evict(tokens, adapter, salt, span);
  }

  takeLabEvents(): CacheActivity {
    return this.#journal.take();
  }

  stats(): EngineStats {
    const { usedBlocks, cachedBlocks } = this.pool;
    const { running, waiting, prefixQueries, prefixHits, preemptions } = this.#scheduler;
    return {
      running,
      waiting,
      usedBlocks,
      usage: usedBlocks / (this.config.numGpuBlocks - 1),
      cachedBlocks,
      cpuBlocks: this.#cpu.size,
      prefixQueries,
      prefixHits,
      preemptions,
    };
  }

  /** Requests whose known tokens are all computed get their next one; the first comes with the last chunk of the prompt. */
  #sample(scheduled: readonly Scheduled[]): RequestOutput[] {
    const outputs: RequestOutput[] = [];
    for (const { state } of scheduled) {
      if (state.pending > 0) continue;
      const { token, index, finishReason } = state.generate(this.config.maxModelLen);
      outputs.push({
        id: state.id,
        token,
        index,
        firstToken: index === 0,
        finishReason,
        cachedTokens: state.cachedTokens,
      });
      if (finishReason !== null) this.#finish(state);
    }
    return outputs;
  }

  #finish(state: RequestState): void {
    this.#requests.delete(state.id);
    this.#scheduler.finish(state);
  }
}
