/** One registered life of an engine: its streams into the index, its health, its adapters, its load. */
import type { Logger } from "../../base/log.js";
import type { HolderId } from "../index/index-types.js";
import type { StreamSink, StreamStatus } from "../ports.js";
import { isUnproven, LifeDoubt } from "../policy/life-doubt.js";
import { EngineHealth, type HealthEvents } from "./engine-health.js";
import { EngineHttp } from "./engine-http.js";
import { type AdapterBook, EngineModels } from "./engine-models.js";
import { type Registration, type RankEndpoints } from "./registration.js";
import type { FleetIndex, OpenStream, RankStream } from "./seams.js";

export interface EngineDeps {
  readonly index: FleetIndex;
  /** null: follow nothing (control runs). */
  readonly openStream: OpenStream | null;
  readonly log: Logger;
  readonly healthIntervalMs: number;
  readonly adapterIntervalMs: number;
  readonly upstreamTimeoutMs: number;
  readonly events: EngineEvents;
}

export interface EngineEvents {
  healthChecked(engine: string, result: Parameters<HealthEvents["checked"]>[0]): void;
  adapterDropped(engine: string, adapter: string): void;
  /** It answers again after its port had refused connections: it may be another life, at other ports. */
  returned(engine: Engine): void;
}

interface FollowedRank {
  readonly rank: number;
  readonly holder: HolderId;
  readonly stream: RankStream;
  wasConnected: boolean;
}

export class Engine {
  readonly registration: Registration;
  readonly http: EngineHttp;
  readonly health: EngineHealth;
  readonly models: EngineModels;
  readonly log: Logger;
  /** Requests of this gateway in flight, and answered so far. */
  load = 0;
  served = 0;
  readonly #deps: EngineDeps;
  readonly #ranks: FollowedRank[] = [];
  readonly #stopListeners = new Set<() => void>();
  readonly #doubt = new LifeDoubt();
  #closed = false;

  constructor(registration: Registration, deps: EngineDeps) {
    this.registration = registration;
    this.#deps = deps;
    this.log = deps.log.child({ engine: registration.engine });
    this.http = new EngineHttp(registration.http, { upstreamTimeoutMs: deps.upstreamTimeoutMs });
    this.health = new EngineHealth(this.http, deps.healthIntervalMs, this.#healthEvents(), this.log);
    this.models = new EngineModels(this.http, deps.adapterIntervalMs, this.#adapterBook(), this.log);
    this.#followAll(deps.openStream);
  }

  get name(): string {
    return this.registration.engine;
  }
  get multiRank(): boolean {
    return this.registration.ranks.length > 1;
  }
  /** `listener` is called once the engine stops serving: what has no byte of it yet goes elsewhere. Returns the way out. */
  onStopServing(listener: () => void): () => void {
    this.#stopListeners.add(listener);
    return () => this.#stopListeners.delete(listener);
  }

  /** Looks at the engine for the first time and goes on looking. */
  start(): void {
    this.health.start();
    this.models.start();
    for (const { stream } of this.#ranks) stream.start();
  }

  streams(): { readonly rank: number; readonly status: StreamStatus }[] {
    return this.#ranks.map(({ rank, stream }) => ({ rank, status: stream.status() }));
  }

  /** Trust in the best of its streams; 1 when it has none. */
  credit(): number {
    return this.#ranks.reduce((best, { stream }) => Math.max(best, stream.credit()), this.#ranks.length ? 0 : 1);
  }

  creditOf(rank: number): number {
    return this.#ranks.find((followed) => followed.rank === rank)?.stream.credit() ?? 0;
  }

  /** Whether what the index says of this engine may be told: its process lives, and is the one the index knows. */
  answerable(): boolean {
    if (this.#closed || this.health.state === "down") return false;
    return this.#doubt.isSettled(() => this.#ranks.map(({ stream }) => stream.status()));
  }

  /** Every stream knows where it stands (or there is none): the index says what can be said of this engine. */
  caughtUp(): boolean {
    return this.#ranks.every(({ stream }) => !isUnproven(stream.status()));
  }

  /** A lost event connection is the first sign of a dead engine: look at once instead of at the next interval. */
  watchConnections(): void {
    for (const followed of this.#ranks) {
      const { connected } = followed.stream;
      if (followed.wasConnected && !connected) void this.health.checkNow();
      followed.wasConnected = connected;
    }
  }

  /**
   * Forgets the engine: when this returns, no answer names it and no event in flight can bring it back. The promise
   * settles when its sockets are closed; requests that run on it get `graceMs` to finish.
   */
  close(graceMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.health.stop();
    this.models.stop();
    const stopping = this.#ranks.map(({ stream }) => stream.stop());
    for (const { holder } of this.#ranks) this.#deps.index.removeHolder(holder);
    return Promise.allSettled([...stopping, this.http.close(graceMs)]).then(() => undefined);
  }

  /** All ranks or none. @throws UsageError for an endpoint that cannot be dialled. */
  #followAll(openStream: OpenStream | null): void {
    if (openStream === null) return;
    try {
      for (const rank of this.registration.ranks) this.#follow(rank, openStream);
    } catch (thrown) {
      void this.close(0);
      throw thrown;
    }
  }

  #follow({ rank, events, replay }: RankEndpoints, openStream: OpenStream): void {
    const { index, log } = this.#deps;
    const { engine, model, block_size, topic, duplicates } = this.registration;
    const holder = index.addHolder({ engine, rank, model, blockSize: block_size, duplicates });
    try {
      const sink = this.#fenced(index.sink(holder));
      const stream = openStream({ engine, rank, events, replay, topic, sink, log });
      this.#ranks.push({ rank, holder, stream, wasConnected: false });
    } catch (thrown) {
      index.removeHolder(holder);
      throw thrown;
    }
  }

  /** The index refuses what comes after removal; so do we, before it: a late batch must not re-add a ghost. */
  #fenced(sink: StreamSink): StreamSink {
    const nothing = { rejected: false, events: 0, malformedEvents: 0, unknownEvents: 0, blocks: 0 };
    return {
      apply: (payload) => (this.#closed ? nothing : sink.apply(payload)),
      purge: () => {
        if (!this.#closed) sink.purge();
      },
    };
  }

  #adapterBook(): AdapterBook {
    const { index, events } = this.#deps;
    return {
      idOf: (adapter) => index.adapterId(this.name, adapter),
      forget: (adapter, lastId, why) => {
        if (this.#closed) return;
        const blocks = index.dropAdapter(this.name, adapter, lastId ?? undefined);
        this.log.info({ adapter, why, blocks }, "adapter changed: what was cached under its name is forgotten");
        events.adapterDropped(this.name, adapter);
      },
    };
  }

  #healthEvents(): HealthEvents {
    return {
      checked: (result) => this.#deps.events.healthChecked(this.name, result),
      changed: (state, previous) => {
        if (state === "down") this.#doubt.raise();
        if (state === "down" || state === "unresponsive") {
          for (const listener of this.#stopListeners) listener();
          return;
        }
        if (previous !== "unknown") void this.models.refresh();
        if (previous === "down") this.#deps.events.returned(this);
      },
    };
  }
}
