/** Gives blocks to requests: prefix lookup, allocation, caching of full blocks, freeing (vllm/v1/core/kv_cache_manager.py). */
import type { BlockPool } from "./block-pool.js";
import type { CacheJournal, ChainRun } from "./cache-journal.js";
import type { CpuTier } from "./cpu-tier.js";
import type { RequestState } from "./request-state.js";

/** The longest cached prefix of a request: for each group its physical blocks, `LOAD` where only the CPU tier has one. */
export interface PrefixHit {
  readonly blocks: number;
  readonly ids: readonly (readonly number[])[];
}

const LOAD = -1;

export class CacheManager {
  readonly #pool: BlockPool;
  readonly #cpu: CpuTier;
  readonly #journal: CacheJournal;
  readonly #blockSize: number;

  constructor(pool: BlockPool, cpu: CpuTier, journal: CacheJournal, blockSize: number) {
    this.#pool = pool;
    this.#cpu = cpu;
    this.#journal = journal;
    this.#blockSize = blockSize;
  }

  /** Finds the cached prefix that every group holds. The last token is always computed, for its logits: never a full hit. */
  lookup(state: RequestState): PrefixHit {
    const most = Math.floor((state.tokens.length - 1) / this.#blockSize);
    const ids: number[][] = state.blocks.map(() => []);
    let blocks = 0;
    while (blocks < most && this.#findBlock(state, blocks, ids)) blocks++;
    if (state.request.reportFull) this.#restate(state, { blocks, ids });
    return { blocks, ids };
  }

  /**
   * Makes room for tokens `[computed, computed + count)` and caches the blocks they fill. `hit` is the prefix of a request
   * that starts now, whose whole sequence must fit then (vLLM's scheduler_reserve_full_isl). False when blocks are lacking.
   */
  allocate(state: RequestState, count: number, hit: PrefixHit | null): boolean {
    const computed = hit ? hit.blocks * this.#blockSize : state.computed;
    const mustFit = hit ? state.tokens.length : computed + count;
    if (this.#blocksNeeded(state, mustFit, hit) > this.#pool.freeBlocks) return false;
    const total = Math.ceil((computed + count) / this.#blockSize);
    if (hit) this.#touch(state, hit);
    for (const [group, held] of state.blocks.entries()) this.#fill(held, total, hit?.ids[group] ?? []);
    if (hit) this.#cacheLoaded(state, hit);
    state.computed = computed;
    state.cachedBlocks = Math.max(state.cachedBlocks, hit?.blocks ?? 0);
    this.#cacheFull(state, computed + count);
    return true;
  }

  /** Returns all blocks of a request, its tail first in line for eviction. */
  free(state: RequestState): void {
    for (const held of state.blocks) this.#pool.free(held.reverse());
    state.forgetBlocks();
  }

  #findBlock(state: RequestState, index: number, ids: number[][]): boolean {
    const digest = state.chain.blocks[index]?.digest as string;
    const found: number[] = [];
    for (const group of ids.keys()) {
      const id = this.#pool.find(digest, group) ?? (this.#cpu.has(digest, group) ? LOAD : null);
      if (id === null) return false;
      found.push(id);
    }
    for (const [group, id] of found.entries()) ids[group]?.push(id);
    return true;
  }

  #blocksNeeded(state: RequestState, tokens: number, hit: PrefixHit | null): number {
    const total = Math.ceil(tokens / this.#blockSize);
    let needed = 0;
    for (const [group, held] of state.blocks.entries()) {
      needed += Math.max(0, total - held.length);
      // A hit block in use costs nothing; one that is only cached leaves the free list like a new one.
      for (const id of hit?.ids[group] ?? []) if (id !== LOAD && !this.#pool.isUnused(id)) needed--;
    }
    return needed;
  }

  /** Secures the hit blocks of both tiers before anything is evicted for the request. */
  #touch(state: RequestState, hit: PrefixHit): void {
    for (const [group, ids] of hit.ids.entries()) {
      for (const [i, id] of ids.entries()) {
        if (id === LOAD) this.#cpu.touch(state.chain.blocks[i]?.digest as string, group);
        else this.#pool.touch(id);
      }
    }
  }

  #fill(held: number[], total: number, hits: readonly number[]): void {
    const fresh = this.#pool.allocate(total - held.length - hits.filter((id) => id !== LOAD).length);
    let next = 0;
    for (const id of hits) held.push(id === LOAD ? (fresh[next++] as number) : id);
    while (next < fresh.length) held.push(fresh[next++] as number);
  }

  /** Blocks copied back from the CPU tier are cached on the GPU again: one event per run of them. */
  #cacheLoaded(state: RequestState, hit: PrefixHit): void {
    for (const [group, ids] of hit.ids.entries()) {
      for (let from = ids.indexOf(LOAD); from !== -1; ) {
        let to = from;
        while (ids[to] === LOAD) to++;
        this.#pool.cache(state.blocks[group] as number[], this.#run(state, from, to), group);
        from = ids.indexOf(LOAD, to);
      }
    }
  }

  #cacheFull(state: RequestState, tokens: number): void {
    const full = Math.floor(Math.min(tokens, state.tokens.length) / this.#blockSize);
    if (full <= state.cachedBlocks) return;
    const run = this.#run(state, state.cachedBlocks, full);
    for (const [group, held] of state.blocks.entries()) this.#pool.cache(held, run, group);
    state.cachedBlocks = full;
  }

  #restate(state: RequestState, hit: PrefixHit): void {
    for (const [group, ids] of hit.ids.entries()) {
      const onGpu = ids.includes(LOAD) ? ids.indexOf(LOAD) : ids.length;
      if (onGpu > 0) this.#journal.restated(this.#run(state, 0, onGpu), group, "GPU");
    }
  }

  #run(state: RequestState, from: number, to: number): ChainRun {
    const tokenIds = state.tokens.slice(from * this.#blockSize, to * this.#blockSize);
    return { chain: state.chain.blocks, from, to, tokenIds };
  }
}
