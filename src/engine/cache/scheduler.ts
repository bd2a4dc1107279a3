/**
 * Who computes how many tokens in a step (vllm/v1/core/sched/scheduler.py, first come first served, chunked prefill): running
 * requests first, each its pending tokens; then waiting ones while budget, seats and blocks last. A running request that finds
 * no block takes them from the last running one, which starts over later; then nobody new is admitted in this step.
 */
import type { CacheManager } from "./cache-manager.js";
import type { ResolvedConfig } from "./engine-config.js";
import type { RequestState } from "./request-state.js";

export interface Scheduled {
  readonly state: RequestState;
  /** Tokens to compute in this step. */
  readonly count: number;
}

export interface Plan {
  readonly scheduled: readonly Scheduled[];
  readonly preempted: readonly RequestState[];
}

export class Scheduler {
  readonly #config: ResolvedConfig;
  readonly #cache: CacheManager;
  readonly #running: RequestState[] = [];
  readonly #waiting: RequestState[] = [];
  #prefixQueries = 0;
  #prefixHits = 0;
  #preemptions = 0;

  constructor(config: ResolvedConfig, cache: CacheManager) {
    this.#config = config;
    this.#cache = cache;
  }

  get running(): number {
    return this.#running.length;
  }
  get waiting(): number {
    return this.#waiting.length;
  }
  /** Prompt tokens looked up, and of those found; requests that start over after a preemption do not count again. */
  get prefixQueries(): number {
    return this.#prefixQueries;
  }
  get prefixHits(): number {
    return this.#prefixHits;
  }
  get preemptions(): number {
    return this.#preemptions;
  }

  add(state: RequestState): void {
    this.#waiting.push(state);
  }

  /** Ends a request, running or waiting; its hashed blocks stay cached. */
  finish(state: RequestState): void {
    remove(this.#running, state);
    remove(this.#waiting, state);
    this.#cache.free(state);
  }

  /** Takes the blocks of all running requests; they wait again, in their old order. */
  preemptAll(): void {
    while (this.#running.length > 0) this.#preemptLast();
  }

  schedule(): Plan {
    const scheduled: Scheduled[] = [];
    const preempted: RequestState[] = [];
    const budget = this.#scheduleRunning(scheduled, preempted);
    if (preempted.length === 0) this.#admitWaiting(budget, scheduled);
    for (const { state, count } of scheduled) state.computed += count;
    return { scheduled, preempted };
  }

  #scheduleRunning(scheduled: Scheduled[], preempted: RequestState[]): number {
    let budget = this.#config.maxNumBatchedTokens;
    for (let i = 0; i < this.#running.length && budget > 0; i++) {
      const state = this.#running[i] as RequestState;
      const count = Math.min(state.pending, budget);
      while (!this.#cache.allocate(state, count, null)) {
        const victim = this.#preemptLast();
        preempted.push(victim);
        if (victim === state) return budget;
      }
      scheduled.push({ state, count });
      budget -= count;
    }
    return budget;
  }

  #admitWaiting(budgetLeft: number, scheduled: Scheduled[]): void {
    let budget = budgetLeft;
    while (this.#waiting.length > 0 && budget > 0 && this.#running.length < this.#config.maxNumSeqs) {
      const state = this.#waiting[0] as RequestState;
      const hit = this.#cache.lookup(state);
      const found = hit.blocks * this.#config.blockSize;
      const count = Math.min(state.tokens.length - found, budget);
      if (!this.#cache.allocate(state, count, hit)) return;
      this.#countLookup(state, found);
      this.#waiting.shift();
      this.#running.push(state);
      scheduled.push({ state, count });
      budget -= count;
    }
  }

  #countLookup(state: RequestState, found: number): void {
    if (state.cachedTokens < 0) state.cachedTokens = found;
    if (state.preemptions > 0) return;
    this.#prefixQueries += state.tokens.length;
    this.#prefixHits += found;
  }

  #preemptLast(): RequestState {
    const victim = this.#running.pop() as RequestState;
    this.#cache.free(victim);
    victim.preemptions++;
    this.#preemptions++;
    this.#waiting.unshift(victim);
    return victim;
  }
}

function remove(queue: RequestState[], state: RequestState): void {
  const at = queue.indexOf(state);
  if (at !== -1) queue.splice(at, 1);
}
