/** One data-parallel rank: steps while it has work, and publishes what each step changed. */
import type { Rng } from "../../base/rng.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { EngineCore } from "../../engine/cache/engine-core.js";
import type { Adapter, CacheActivity } from "../../engine/cache/engine-types.js";
import type { PublisherCore } from "../../engine/publisher/publisher-core.js";
import { distortEvents, distortPayload, type QuirkKind } from "../../engine/publisher/quirks.js";
import { decodeSeq, END_OF_REPLAY } from "../../protocol/frames.js";
import type { Conditions } from "../links/conditions.js";
import type { VirtualTime } from "../virtual-time.js";

export interface Published {
  readonly seq: number;
  readonly payload: Uint8Array;
}

export interface SimRequest {
  readonly tokens: Uint32Array;
  readonly maxTokens: number;
  readonly adapter: Adapter | null;
  readonly salt: string | null;
}

/** null = the process died first. */
export type RequestDone = (cachedTokens: number | null) => void;

export interface RankParts {
  readonly core: EngineCore;
  readonly publisher: PublisherCore;
  readonly time: VirtualTime;
  readonly rng: Rng;
  readonly conditions: Conditions;
  readonly clockSkewS: number;
  readonly ledger: (seq: number, activity: CacheActivity, wire: LedgerRecord["wire"]) => void;
}

const MIN_STEP_MS = 0.2;
const MAX_STEP_MS = 3;
const VOCABULARY = 50_000;
const NO_CLIENT = new Uint8Array(0);
const QUIRKS = ["burn-seq", "garbled-batch", "unknown-event", "garbled-event"] as const;

export class SimRank {
  readonly rank: number;
  readonly core: EngineCore;
  readonly #parts: RankParts;
  readonly #listeners = new Set<(batch: Published) => void>();
  readonly #endListeners = new Set<() => void>();
  readonly #waiting = new Map<string, RequestDone>();
  #stepping = false;
  #requests = 0;
  #ended = false;
  #frozen = false;

  constructor(rank: number, parts: RankParts) {
    this.rank = rank;
    this.core = parts.core;
    this.#parts = parts;
  }

  /** Batches of this life, burnt numbers included. */
  get published(): number {
    return this.#parts.publisher.nextSeq;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** Live batches from now on; returns how to stop. */
  subscribe(listener: (batch: Published) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called once, when the process ends. */
  onEnd(listener: () => void): void {
    this.#endListeners.add(listener);
  }

  /** What the replay endpoint answers now, without its END. */
  *replay(from: number): Generator<Published> {
    for (const frames of this.#parts.publisher.replay(NO_CLIENT, from)) {
      const seq = decodeSeq(frames.at(-2) as Uint8Array);
      if (seq !== END_OF_REPLAY) yield { seq, payload: frames.at(-1) as Uint8Array };
    }
  }

  submit(request: SimRequest, done: RequestDone): void {
    const id = `r${this.#requests++}`;
    const first = this.#parts.rng.u32();
    this.core.addRequest({ id, ...request, nextToken: (index) => (first + index * 7919) % VOCABULARY });
    this.#waiting.set(id, done);
    this.#wake();
  }

  /** Publishes what the lab's hand on the cache changed. */
  flush(): void {
    this.#publish(this.core.takeLabEvents());
  }

  /** The process is gone, in the middle of whatever it did. */
  end(): void {
    this.#ended = true;
    this.#listeners.clear();
    for (const listener of this.#endListeners) listener();
    for (const done of this.#waiting.values()) done(null);
    this.#waiting.clear();
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    this.#wake();
  }

  #wake(): void {
    if (this.#stepping || this.#ended || !this.core.hasWork()) return;
    this.#stepping = true;
    const { time, rng } = this.#parts;
    time.afterMs(MIN_STEP_MS + rng.float() * (MAX_STEP_MS - MIN_STEP_MS), () => this.#step());
  }

  #step(): void {
    this.#stepping = false;
    if (this.#ended || this.#frozen) return;
    const result = this.core.step();
    this.#publish(result);
    for (const { id, finishReason, cachedTokens } of result.outputs) {
      if (finishReason === null) continue;
      this.#waiting.get(id)?.(cachedTokens);
      this.#waiting.delete(id);
    }
    this.#wake();
  }

  #publish(activity: CacheActivity): void {
    if (activity.events.length === 0) return;
    const { publisher, ledger, time, clockSkewS } = this.#parts;
    const seq = publisher.nextSeq;
    const quirk = this.#quirk(seq);
    ledger(seq, activity, quirk === "burn-seq" ? "burnt" : quirk === "garbled-batch" ? "garbled" : undefined);
    if (quirk === "burn-seq") {
      publisher.burn();
      return;
    }
    const events = quirk === null ? activity.events : distortEvents(quirk, activity.events);
    const plain = publisher.encode({ ts: time.wallSeconds() + clockSkewS, events, rank: this.rank });
    const payload = quirk === null ? plain : distortPayload(quirk, plain);
    publisher.admit(payload);
    for (const listener of this.#listeners) listener({ seq, payload });
  }

  #quirk(seq: number): QuirkKind | null {
    const { conditions } = this.#parts;
    if (conditions.fine) return null;
    return QUIRKS.find((quirk) => conditions.hits(`engine.${quirk}`, `batch ${seq}: ${quirk}`) !== undefined) ?? null;
  }
}
