/** An engine of the simulation: the double's cores (cache, publisher) without sockets, on virtual time. */
import type { LedgerRecord } from "../base/ledger.js";
import type { Rng } from "../base/rng.js";
import { EngineCore } from "../engine/cache/engine-core.js";
import type { Adapter, CacheActivity, EngineCoreConfig } from "../engine/cache/engine-types.js";
import type { HashFunctions } from "../engine/cache/hash-functions.js";
import { PublisherCore } from "../engine/publisher/publisher-core.js";
import type { Dialect } from "../protocol/dialects.js";
import { decodeSeq, END_OF_REPLAY } from "../protocol/frames.js";
import type { VirtualTime } from "./virtual-time.js";

export interface SimEngineSpec {
  readonly name: string;
  readonly core: EngineCoreConfig;
  readonly ranks: number;
  readonly dialect: Dialect;
  /** Batches kept for replay. */
  readonly bufferSteps: number;
}

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

const MIN_STEP_MS = 0.2;
const MAX_STEP_MS = 3;
const VOCABULARY = 50_000;
const NO_CLIENT = new Uint8Array(0);

/** One data-parallel rank: steps while it has work, and publishes what each step changed. */
export class SimRank {
  readonly rank: number;
  readonly core: EngineCore;
  readonly #publisher: PublisherCore;
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #ledger: (seq: number, activity: CacheActivity) => void;
  readonly #listeners = new Set<(batch: Published) => void>();
  readonly #waiting = new Map<string, (cachedTokens: number) => void>();
  #stepping = false;
  #requests = 0;

  constructor(
    rank: number,
    parts: { core: EngineCore; publisher: PublisherCore; time: VirtualTime; rng: Rng },
    ledger: (seq: number, activity: CacheActivity) => void,
  ) {
    this.rank = rank;
    this.core = parts.core;
    this.#publisher = parts.publisher;
    this.#time = parts.time;
    this.#rng = parts.rng;
    this.#ledger = ledger;
  }

  /** Live batches from now on; returns how to stop. */
  subscribe(listener: (batch: Published) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What the replay endpoint answers now, without its END. */
  *replay(from: number): Generator<Published> {
    for (const frames of this.#publisher.replay(NO_CLIENT, from)) {
      const seq = decodeSeq(frames.at(-2) as Uint8Array);
      if (seq !== END_OF_REPLAY) yield { seq, payload: frames.at(-1) as Uint8Array };
    }
  }

  submit(request: SimRequest, done: (cachedTokens: number) => void): void {
    const id = `r${this.#requests++}`;
    const first = this.#rng.u32();
    this.core.addRequest({ id, ...request, nextToken: (index) => (first + index * 7919) % VOCABULARY });
    this.#waiting.set(id, done);
    this.#wake();
  }

  /** Publishes what the lab's hand on the cache changed. */
  flush(): void {
    this.#publish(this.core.takeLabEvents());
  }

  #wake(): void {
    if (this.#stepping || !this.core.hasWork()) return;
    this.#stepping = true;
    this.#time.afterMs(MIN_STEP_MS + this.#rng.float() * (MAX_STEP_MS - MIN_STEP_MS), () => this.#step());
  }

  #step(): void {
    this.#stepping = false;
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
    const seq = this.#publisher.nextSeq;
    this.#ledger(seq, activity);
    const payload = this.#publisher.encode({ ts: this.#time.wallSeconds(), events: activity.events, rank: this.rank });
    this.#publisher.admit(payload);
    for (const listener of this.#listeners) listener({ seq, payload });
  }
}

export class SimEngine {
  readonly spec: SimEngineSpec;
  readonly epoch: number;
  readonly ranks: readonly SimRank[];

  constructor(
    spec: SimEngineSpec,
    epoch: number,
    world: { time: VirtualTime; rng: Rng; hashes: HashFunctions; ledger: (record: LedgerRecord) => void },
  ) {
    this.spec = spec;
    this.epoch = epoch;
    const { time, hashes } = world;
    this.ranks = Array.from({ length: spec.ranks }, (_, rank) => {
      const core = new EngineCore(spec.core, hashes);
      const publisher = new PublisherCore({ dialect: spec.dialect, topic: spec.name, bufferSteps: spec.bufferSteps });
      const rng = world.rng.fork(`${spec.name} ${epoch} ${rank}`);
      return new SimRank(rank, { core, publisher, time, rng }, (seq, { ledger }) => {
        world.ledger({ engine: spec.name, epoch, rank, seq, at_ns: time.nowNs(), changes: ledger });
      });
    });
  }
}
