/**
 * What an engine serves, as it says in `GET /v1/models`, looked at about once a second: there is no event for adapters.
 * vLLM hashes an adapter's path, but its events carry the name only; so when a name comes to mean another path, or is
 * unloaded, what the index holds under that name is no longer what the engine would hit.
 *
 * Between a reload and our look at it, events of the new adapter may have come. They bear a higher lora_id (vLLM counts up
 * by load order, from 1), and the index, seeing it, has forgotten the old ones by itself: then there is nothing left to
 * forget. Where no event of the old adapter was seen, its id is at most the number of loads known of by then.
 */
import { asError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { LIMITS } from "../limits.js";
import type { EngineHttp } from "./engine-http.js";
import { adapterChanges, adaptersOf, parseModelList, type ServedModel } from "./model-list.js";
import { Poller } from "./poller.js";

/** The index's side of it. */
export interface AdapterBook {
  /** Newest lora_id in the engine's events of this adapter; null = none yet. */
  idOf(adapter: string): number | null;
  /** Forgets the adapter's entries, save those of a newer lora_id than `lastId`; null = all of them. */
  forget(adapter: string, lastId: number | null, why: string): void;
}

export class EngineModels {
  #served: readonly ServedModel[] | null = null;
  #adapters: ReadonlyMap<string, string> = new Map();
  /** lora_id of each adapter's events as of the last look. */
  #ids: ReadonlyMap<string, number | null> = new Map();
  /** Adapters loaded, and loaded again, as far as the looks so far could tell. */
  #loads = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #failing = false;
  readonly #poller: Poller;
  readonly #http: EngineHttp;
  readonly #book: AdapterBook;
  readonly #log: Logger;

  constructor(http: EngineHttp, intervalMs: number, book: AdapterBook, log: Logger) {
    this.#http = http;
    this.#book = book;
    this.#log = log;
    this.#poller = new Poller(intervalMs, () => this.#look());
  }

  /** null until the engine answered once. */
  get served(): readonly ServedModel[] | null {
    return this.#served;
  }
  get adapters(): ReadonlyMap<string, string> {
    return this.#adapters;
  }

  start(): void {
    this.#poller.start();
  }
  stop(): void {
    this.#poller.stop();
  }

  /** Looks now, unless the last look is fresh. Never rejects. */
  refresh(): Promise<void> {
    if (performance.now() - this.#lookedAtMs < LIMITS.adapterFreshMs) return Promise.resolve();
    return this.#poller.now();
  }

  async #look(): Promise<void> {
    try {
      const served = parseModelList(await this.#http.getJson("/v1/models", LIMITS.adapterTimeoutMs));
      this.#lookedAtMs = performance.now();
      this.#failing = false;
      this.#accept(served);
    } catch (thrown) {
      // Health notices an engine that does not answer; here the last list stays in force.
      if (!this.#failing) this.#log.debug({ error: asError(thrown).message }, "the list of models could not be read");
      this.#failing = true;
    }
  }

  #accept(served: readonly ServedModel[]): void {
    const after = adaptersOf(served);
    const changes = adapterChanges(this.#adapters, after);
    for (const name of changes.loaded) this.#log.info({ adapter: name, path: after.get(name) }, "adapter loaded");
    this.#adapters = after;
    this.#served = served;
    for (const name of changes.replaced) {
      this.#book.forget(name, this.#ids.get(name) ?? this.#loads, `loaded again from ${after.get(name)}`);
    }
    this.#loads += changes.loaded.length + changes.replaced.length;
    for (const name of changes.unloaded) this.#book.forget(name, null, "unloaded");
    this.#ids = new Map([...after.keys()].map((name) => [name, this.#book.idOf(name)]));
  }
}
