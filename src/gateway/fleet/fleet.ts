/**
 * All registered engines. One name is one engine; a life of it is named by its uid. Registering a name again with another
 * uid or place purges the old life and starts anew; an engine found at an address takes that address from whoever had it
 * before (addresses are reused, and two engines cannot share one).
 */
import { KvproofError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { LIMITS } from "../limits.js";
import { Engine, type EngineDeps } from "./engine.js";
import { addressesOf, type Registration, sameRegistration } from "./registration.js";

/** Requests that run on an engine when it is removed may finish within this time. */
const FAREWELL_MS = 30_000;
const CONNECTION_WATCH_MS = 100;
/** Table slots swept per look: about a millisecond. */
const SWEPT_SLOTS = 65_536;

/** The engines that serve one model name: its base model, or one adapter of it. */
export interface ServingGroup {
  readonly model: string;
  readonly lora: string | null;
  readonly engines: readonly Engine[];
}

export class Fleet {
  readonly #engines = new Map<string, Engine>();
  /** Address → name of the engine there. */
  readonly #addresses = new Map<string, string>();
  readonly #deps: EngineDeps;
  readonly #log: Logger;
  readonly #watch: NodeJS.Timeout;
  #closing: Promise<void>[] = [];

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#log = deps.log;
    this.#watch = setInterval(() => {
      for (const engine of this.#engines.values()) engine.watchConnections();
      // Batches sweep as they come; when the last engines left, none comes.
      deps.index.sweep(SWEPT_SLOTS);
    }, CONNECTION_WATCH_MS);
    this.#watch.unref();
  }

  get size(): number {
    return this.#engines.size;
  }
  get(name: string): Engine | undefined {
    return this.#engines.get(name);
  }
  engines(): IterableIterator<Engine> {
    return this.#engines.values();
  }

  /** @throws KvproofError KVP_E_LIMIT when the fleet is full. */
  register(registration: Registration): void {
    const present = this.#engines.get(registration.engine);
    if (present && sameRegistration(present.registration, registration)) return;
    if (!present && this.#engines.size >= LIMITS.engines) {
      throw new KvproofError("KVP_E_LIMIT", `${LIMITS.engines} engines are registered (limit: engines)`);
    }
    if (present) this.#remove(present, "replaced by another life or place of the same engine");
    for (const address of addressesOf(registration)) {
      const former = this.#engines.get(this.#addresses.get(address) ?? "");
      if (former) this.#remove(former, `its address ${address} now belongs to ${registration.engine}`);
    }
    this.#add(registration);
  }

  /** @returns whether an engine was removed: not when it is unknown or when `uid` names a life that is already past. */
  unregister(name: string, uid?: string): boolean {
    const engine = this.#engines.get(name);
    if (!engine) return false;
    if (uid !== undefined && uid !== engine.registration.uid) {
      this.#log.warn({ engine: name, uid, present: engine.registration.uid }, "late farewell to an old life: ignored");
      return false;
    }
    this.#remove(engine, "unregistered");
    return true;
  }

  /**
   * Who serves `model`: the engines of that base model (by registration or by a served alias), else those that have an
   * adapter of that name loaded, per base model. Empty = nobody.
   */
  serving(model: string): ServingGroup[] {
    const base = [...this.#engines.values()].filter((engine) => servesBase(engine, model));
    if (base.length > 0) return groupByModel(base, null);
    return groupByModel(
      [...this.#engines.values()].filter((engine) => engine.models.adapters.has(model)),
      model,
    );
  }

  ofModel(model: string): Engine[] {
    return [...this.#engines.values()].filter((engine) => engine.registration.model === model);
  }

  /** Asks all engines (of one base model) what they serve, unless known afresh. Resolves when all answered or failed. */
  async refreshModels(model?: string): Promise<void> {
    const engines = model === undefined ? [...this.#engines.values()] : this.ofModel(model);
    await Promise.all(
      engines.filter((engine) => engine.health.state !== "down").map((engine) => engine.models.refresh()),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    for (const engine of this.#engines.values()) this.#closing.push(engine.close(0));
    this.#engines.clear();
    this.#addresses.clear();
    await Promise.all(this.#closing);
  }

  #add(registration: Registration): void {
    const engine = new Engine(registration, this.#deps);
    this.#engines.set(engine.name, engine);
    for (const address of addressesOf(registration)) this.#addresses.set(address, engine.name);
    const { model, http, ranks, uid } = registration;
    this.#log.info({ engine: engine.name, model, http, ranks: ranks.length, uid }, "engine registered");
    engine.start();
  }

  #remove(engine: Engine, why: string): void {
    this.#engines.delete(engine.name);
    for (const address of addressesOf(engine.registration)) {
      if (this.#addresses.get(address) === engine.name) this.#addresses.delete(address);
    }
    const closed = engine.close(FAREWELL_MS);
    this.#closing.push(closed);
    void closed.then(() => {
      this.#closing = this.#closing.filter((other) => other !== closed);
    });
    this.#log.info({ engine: engine.name, uid: engine.registration.uid, why }, "engine removed with all it held");
  }
}

function servesBase(engine: Engine, model: string): boolean {
  if (engine.registration.model === model) return true;
  return engine.models.served?.some((served) => served.id === model && served.parent === null) ?? false;
}

function groupByModel(engines: readonly Engine[], lora: string | null): ServingGroup[] {
  const groups = new Map<string, Engine[]>();
  for (const engine of engines) {
    const group = groups.get(engine.registration.model);
    if (group) group.push(engine);
    else groups.set(engine.registration.model, [engine]);
  }
  return [...groups].map(([model, members]) => ({ model, lora, engines: members }));
}
