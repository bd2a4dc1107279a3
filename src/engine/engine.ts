/** One engine: its data-parallel ranks, adapters and sleep state behind the calls that its HTTP surfaces make. */
import { randomBytes } from "node:crypto";
import { Adapters } from "./adapters.js";
import type { Adapter, EngineRequest } from "./cache/engine-types.js";
import type { EngineOptions } from "./engine-options.js";
import type { EventClock } from "./event-clock.js";
import type { OutputListener, RankLoop } from "./rank-loop.js";
import { sampler, syntheticTokens } from "./sampler.js";
import { Tokenizer } from "./tokenizer.js";

/** One prompt to complete. */
export interface GenerationSpec {
  readonly tokens: Uint32Array;
  readonly maxTokens: number;
  readonly adapter: Adapter | null;
  readonly salt: string | null;
  readonly sessionId: string | null;
  /** kv_cache_report_mode=full. */
  readonly reportFull: boolean;
  /** The request's `seed`; the engine's own when null. */
  readonly seed: number | null;
  /** X-data-parallel-rank; null = the least loaded. */
  readonly rank: number | null;
  readonly isStop?: ((token: number, index: number) => boolean) | undefined;
}

export interface Ticket {
  readonly id: string;
  abort(): void;
}

/** Resident endpoints of one rank, as `/kv_event_sources` and the ready line tell them. */
export interface RankEndpoints {
  readonly rank: number;
  readonly events: string;
  readonly replay: string | null;
}

/** A prompt that the engine cached by itself. */
export interface PublishedPrompt {
  readonly rank: number;
  readonly tokens: readonly number[];
}

/** Who wants to know of a request's life besides its client. */
export interface RequestObserver {
  submitted(rank: number, id: string, spec: GenerationSpec): void;
}

export type SleepLevel = 0 | 1 | 2;

/** Full blocks of each prompt that `--publish-at-start` makes up. */
export const START_PROMPT_BLOCKS = 4;

export class Engine {
  readonly options: EngineOptions;
  readonly loops: readonly RankLoop[];
  readonly clock: EventClock;
  readonly adapters = new Adapters();
  readonly tokenizer: Tokenizer;
  readonly startedSeconds: number;
  /** Resolved endpoints; empty when events are off. */
  readonly endpoints: readonly RankEndpoints[];
  readonly maxModelLen: number;
  readonly publishedAtStart: PublishedPrompt[] = [];
  readonly #observer: RequestObserver;
  #sleep: SleepLevel = 0;
  #paused = false;
  /** Where the balancer looks first, so that equal ranks take turns. */
  #turn = 0;

  constructor(parts: {
    readonly options: EngineOptions;
    readonly loops: readonly RankLoop[];
    readonly clock: EventClock;
    readonly endpoints: readonly RankEndpoints[];
    readonly maxModelLen: number;
    readonly observer: RequestObserver;
    readonly startedSeconds: number;
  }) {
    this.options = parts.options;
    this.loops = parts.loops;
    this.clock = parts.clock;
    this.endpoints = parts.endpoints;
    this.maxModelLen = parts.maxModelLen;
    this.#observer = parts.observer;
    this.startedSeconds = parts.startedSeconds;
    this.tokenizer = new Tokenizer(parts.options.vocabSize);
    for (const { name, path } of parts.options.loraModules) this.adapters.load(name, path, false);
  }

  submit(spec: GenerationSpec, listener: OutputListener): Ticket {
    const loop = spec.rank === null ? this.#leastLoaded() : (this.loops[spec.rank] as RankLoop);
    const id = randomBytes(8).toString("hex");
    const next = sampler(spec.tokens, spec.seed ?? this.options.seed, this.options.vocabSize);
    const request: EngineRequest = {
      id,
      tokens: spec.tokens,
      maxTokens: spec.maxTokens,
      adapter: spec.adapter,
      salt: spec.salt,
      sessionId: spec.sessionId,
      reportFull: spec.reportFull,
      nextToken: next,
      ...(spec.isStop === undefined ? {} : { isStop: spec.isStop }),
    };
    this.#observer.submitted(loop.rank, id, spec);
    loop.submit(request, listener);
    return { id, abort: () => loop.abort(id) };
  }

  /** Requests under way, for `/load`. */
  get load(): number {
    return this.loops.reduce((sum, loop) => sum + loop.load, 0);
  }

  /** All ranks; false when one of them refused because blocks are in use. */
  resetPrefixCache(resetRunning: boolean): boolean {
    return this.loops.map((loop) => loop.core.resetPrefixCache({ resetRunning })).every(Boolean);
  }

  get sleepLevel(): SleepLevel {
    return this.#sleep;
  }

  /** Level 0 only stops scheduling; from 1 on requests under way are aborted and the prefix cache is dropped. */
  sleep(level: SleepLevel): void {
    this.#sleep = level;
    this.#stop(level > 0, level > 0);
  }

  wakeUp(): void {
    this.#sleep = 0;
    this.#resumeUnlessHeld();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** vLLM's `/pause`: `abort` ends what is under way; `clearCache` resets the prefix cache. */
  pause(abort: boolean, clearCache: boolean): void {
    this.#paused = true;
    this.#stop(abort, clearCache);
  }

  resume(): void {
    this.#paused = false;
    this.#resumeUnlessHeld();
  }

  /** Caches made-up prompts, one batch each, the ranks taking turns. */
  publishAtStart(count: number): void {
    const { seed, vocabSize, core } = this.options;
    for (let i = 0; i < count; i++) {
      const loop = this.loops[i % this.loops.length] as RankLoop;
      const tokens = syntheticTokens(seed, "start", i, START_PROMPT_BLOCKS * core.blockSize, vocabSize);
      loop.core.storeBlocks(tokens, null, null);
      loop.flushLabEvents();
      this.publishedAtStart.push({ rank: loop.rank, tokens: [...tokens] });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.close()));
  }

  #stop(abort: boolean, clearCache: boolean): void {
    for (const loop of this.loops) {
      loop.pause();
      if (abort) loop.abortAll();
      if (clearCache) loop.core.resetPrefixCache({ resetRunning: true });
    }
  }

  #resumeUnlessHeld(): void {
    if (this.#paused || this.#sleep > 0) return;
    for (const loop of this.loops) loop.resume();
  }

  #leastLoaded(): RankLoop {
    const { length } = this.loops;
    let best = this.loops[this.#turn % length] as RankLoop;
    for (let i = 1; i < length; i++) {
      const candidate = this.loops[(this.#turn + i) % length] as RankLoop;
      if (candidate.load < best.load) best = candidate;
    }
    this.#turn = (best.rank + 1) % length;
    return best;
  }
}
