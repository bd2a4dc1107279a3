/**
 * The loop of one data-parallel rank, vLLM's EngineCore busy loop: while there is work, one scheduler step, its batch to
 * the publisher (whose ledger record precedes the bytes), the time the step takes, then the outputs to their requests.
 */
import { asError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { EngineCorePort, EngineRequest, FinishReason, RequestOutput, StepResult } from "./cache/engine-types.js";
import type { EventPublisher } from "./publisher/event-publisher.js";
import type { StepPacer } from "./step-pacer.js";

/** What a request hears: one call per token, or one with "abort" when it was ended from outside. */
export interface OutputListener {
  token(output: RequestOutput): void;
  aborted(): void;
}

/** What metrics and the like hear of a rank. */
export interface LoopObserver {
  /** A step was scheduled and its batch handed to the publisher; its outputs are not out yet. */
  stepped(rank: number, result: StepResult): void;
  /** The tokens of a step go out. */
  delivered(rank: number, outputs: readonly RequestOutput[]): void;
  finished(rank: number, id: string, reason: FinishReason | "abort"): void;
}

export class RankLoop {
  readonly rank: number;
  readonly core: EngineCorePort;
  readonly publisher: EventPublisher;
  readonly #pacer: StepPacer;
  readonly #observer: LoopObserver;
  readonly #log: Logger;
  readonly #listeners = new Map<string, OutputListener>();
  #running = false;
  #paused = false;
  #closed = false;

  constructor(parts: {
    readonly rank: number;
    readonly core: EngineCorePort;
    readonly publisher: EventPublisher;
    readonly pacer: StepPacer;
    readonly observer: LoopObserver;
    readonly log: Logger;
  }) {
    this.rank = parts.rank;
    this.core = parts.core;
    this.publisher = parts.publisher;
    this.#pacer = parts.pacer;
    this.#observer = parts.observer;
    this.#log = parts.log;
  }

  /** Running and waiting requests; the measure of the internal load balancer. */
  get load(): number {
    return this.#listeners.size;
  }

  /** Throws what the core throws for a request it cannot take. */
  submit(request: EngineRequest, listener: OutputListener): void {
    this.core.addRequest(request);
    this.#listeners.set(request.id, listener);
    this.#wake();
  }

  /** The client went away, or the engine pauses. Cached blocks stay. */
  abort(id: string): void {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#listeners.delete(id);
    this.core.abort(id);
    this.#observer.finished(this.rank, id, "abort");
    listener.aborted();
  }

  abortAll(): void {
    for (const id of this.#listeners.keys()) this.abort(id);
  }

  /** No steps until {@link resume}: requests wait, and events of a reset wait with them. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Lab: hands out what the cache wants to say without a step. False = nothing to say. */
  flushLabEvents(onSent?: (seq: number) => void): boolean {
    const activity = this.core.takeLabEvents();
    if (activity.events.length === 0 && activity.ledger.length === 0) return false;
    this.publisher.publish(activity, onSent);
    return true;
  }

  /** Quirk clear-on-idle: an idle engine drops its cache and says so at once. */
  clearWhenIdle(): void {
    if (this.publisher.quirks.waiting("clear-on-idle") === 0 || this.core.hasWork()) return;
    if (this.core.stats().cachedBlocks === 0) return;
    this.flushLabEvents();
    if (this.core.resetPrefixCache()) this.flushLabEvents();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.abortAll();
    await this.publisher.close();
  }

  #wake(): void {
    if (this.#running || this.#paused || this.#closed) return;
    this.#running = true;
    void this.#run()
      .catch((thrown: unknown) => this.#fail(asError(thrown)))
      .finally(() => {
        this.#running = false;
        // A request may have come in between the last look and here.
        if (this.core.hasWork()) this.#wake();
        else this.clearWhenIdle();
      });
  }

  async #run(): Promise<void> {
    // Requests of the same tick share the first step.
    await Promise.resolve();
    while (this.core.hasWork() && !this.#paused && !this.#closed) {
      const result = this.core.step();
      if (result.events.length > 0 || result.ledger.length > 0) this.publisher.publish(result);
      this.#observer.stepped(this.rank, result);
      await this.#pacer.spend(result.prefillTokens, result.decodeTokens);
      this.#deliver(result.outputs);
      await this.publisher.whenRoom();
    }
  }

  #deliver(outputs: readonly RequestOutput[]): void {
    this.#observer.delivered(this.rank, outputs);
    for (const output of outputs) {
      const listener = this.#listeners.get(output.id);
      if (listener === undefined) continue;
      if (output.finishReason !== null) {
        this.#listeners.delete(output.id);
        this.#observer.finished(this.rank, output.id, output.finishReason);
      }
      listener.token(output);
    }
  }

  /** vLLM's EngineDeadError: what is under way fails, later requests may try again. */
  #fail(error: Error): void {
    this.#log.error({ rank: this.rank, error: error.message, stack: error.stack ?? "" }, "engine step failed");
    this.abortAll();
  }
}
