/** The engines of a run as the runner knows them: who runs, who the system under test was told of, which adapters are loaded. */
import { mapLimit } from "../../base/async.js";
import type { Clock } from "../../base/clock.js";
import { NS_PER_MS } from "../../base/clock.js";
import { invariant } from "../../base/errors.js";
import type { EngineHandle, EngineSpec, Lab, RestartChanges } from "../../lab/ports.js";
import type { RestartableSut } from "../../lab/sut/restartable-sut.js";
import type { Recorder } from "./recorder.js";

export interface LoadedAdapter {
  readonly name: string;
  readonly path: string;
}

const JOINS_AT_ONCE = 8;

export class Fleet {
  /** Engines that died by themselves. */
  lostEngines = 0;
  readonly #lab: Lab;
  readonly #sut: RestartableSut;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #members = new Map<string, EngineHandle>();
  readonly #adapters = new Map<string, Map<string, string>>();
  /** When an adapter of a model last changed on any engine, by `model name`. */
  readonly #adapterChangedAt = new Map<string, number>();
  /** About to be unloaded: nothing new is sent to them. */
  readonly #leavingAdapters = new Set<string>();
  readonly #names = new Set<string>();
  readonly #specs = new Map<string, EngineSpec>();
  /** Engines that the system under test, in its present life, was told of. */
  readonly #told = new Set<string>();
  /** Every engine that the system under test was ever told of, as it is reached, and when it was told to forget it. */
  readonly #nameable = new Map<string, { readonly handle: EngineHandle; readonly until: number }>();

  constructor(lab: Lab, sut: RestartableSut, recorder: Recorder, clock: Clock) {
    this.#lab = lab;
    this.#sut = sut;
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** Engines that run and that the system under test was told of. */
  members(): readonly EngineHandle[] {
    return [...this.#members.values()];
  }
  membersOf(model: string): readonly EngineHandle[] {
    return this.members().filter(({ spec }) => spec.model === model);
  }
  member(engine: string): EngineHandle | undefined {
    return this.#members.get(engine);
  }

  /**
   * How an engine is reached that the system under test names in answer to a question asked at `askedAt`: not only members, for
   * it may name one that died unnoticed, or is just leaving. Undefined when it had been told to forget it by then.
   */
  nameable(engine: string, askedAt: number): EngineHandle | undefined {
    const known = this.#nameable.get(engine);
    return known !== undefined && askedAt <= known.until ? known.handle : undefined;
  }

  /** `<model>/<n>`, never used or given out before in this run. */
  nextName(model: string): string {
    for (let n = 1; ; n++) {
      const name = `${model}/${n}`;
      if (this.#names.has(name)) continue;
      this.#names.add(name);
      return name;
    }
  }

  async start(spec: EngineSpec, placement?: Parameters<Lab["startEngine"]>[1]): Promise<EngineHandle> {
    this.#names.add(spec.engine);
    this.#specs.set(spec.engine, spec);
    const handle = await this.#lab.startEngine(spec, placement);
    this.#noteAdapters(handle);
    return handle;
  }

  /** A new life in place, of which nobody tells the system under test: it has to notice by itself. */
  async restart(engine: string, how: "graceful" | "kill", changes?: RestartChanges): Promise<EngineHandle> {
    const handle = await this.#lab.restartEngine(engine, how, changes);
    this.#noteAdapters(handle);
    this.#members.set(engine, handle);
    const known = this.#nameable.get(engine)?.handle;
    // At another address (a node that crashed gives its pods new ones) nobody would find it: whoever watches pods tells of it.
    if (known !== undefined && known.endpoints.address !== handle.endpoints.address && this.#told.has(engine)) {
      await this.leave(engine);
      await this.join(handle);
      return handle;
    }
    if (known !== undefined) this.#nameable.set(engine, { handle, until: Number.POSITIVE_INFINITY });
    // Nobody tells of a restart in place; but a system that was itself restarted meanwhile never heard of the engine.
    if (!this.#told.has(engine) && this.#sut.up) await this.join(handle);
    return handle;
  }

  /** `forGood`: it will not be started again in its place. */
  async stop(engine: string, how: "graceful" | "kill", forGood = false): Promise<void> {
    this.#members.delete(engine);
    await this.#lab.stopEngine(engine, how, forGood);
  }

  /** As an API server does it when asked: in order, and for good. */
  async evict(engine: string): Promise<void> {
    this.#members.delete(engine);
    invariant(this.#lab.evictEngine !== undefined, "the lab cannot evict");
    await this.#lab.evictEngine(engine);
  }

  /** Tells the system under test of an engine (or of its new life). */
  async join(handle: EngineHandle): Promise<void> {
    const { spec, endpoints, topic, uid } = handle;
    const startedAt = this.#clock.nowNs();
    this.#nameable.set(spec.engine, { handle, until: Number.POSITIVE_INFINITY });
    await this.#lab.membership?.announce(spec.engine);
    await this.#sut.addEngine({
      engine: spec.engine,
      model: spec.model,
      block_size: spec.blockSize,
      dialect: spec.dialect,
      topic,
      http: endpoints.http,
      ranks: endpoints.ranks,
      uid,
    });
    this.#told.add(spec.engine);
    this.#recorder.record({ k: "member", at: this.#clock.nowNs(), engine: spec.engine, event: "added", startedAt });
    this.#members.set(spec.engine, handle);
  }

  /** Tells the system under test to forget an engine. */
  async leave(engine: string): Promise<void> {
    this.#members.delete(engine);
    const startedAt = this.#clock.nowNs();
    this.#recorder.record({ k: "member", at: startedAt, engine, event: "leaving", startedAt });
    if (this.#told.delete(engine)) {
      await this.#lab.membership?.withdraw(engine);
      await this.#sut.removeEngine(engine);
    }
    const left = this.#nameable.get(engine);
    if (left !== undefined) this.#nameable.set(engine, { ...left, until: this.#clock.nowNs() });
    this.#recorder.record({ k: "member", at: this.#clock.nowNs(), engine, event: "removed", startedAt });
  }

  /** It died by itself. */
  lost(engine: string): void {
    this.lostEngines++;
    this.ended(engine);
  }

  /** It died, and a fault did it: it stays registered, and may come back. */
  ended(engine: string): void {
    this.#members.delete(engine);
  }

  specOf(engine: string): EngineSpec {
    const spec = this.#specs.get(engine);
    invariant(spec !== undefined, `${engine} was never started`);
    return spec;
  }

  /** The system under test ended, and all that it was told with it. */
  sutIsGone(): void {
    this.#told.clear();
  }

  /** Tells a new life of the system under test of every member. */
  async rejoin(): Promise<void> {
    await mapLimit(this.members(), JOINS_AT_ONCE, (handle) => this.join(handle));
  }

  /** Adapters that every member of the model has loaded from one path, and whose last change is older than `settledMs`. */
  settledAdapters(model: string, settledMs: number): LoadedAdapter[] {
    const members = this.membersOf(model);
    const first = members[0];
    if (first === undefined) return [];
    const now = this.#clock.nowNs();
    return [...(this.#adapters.get(first.spec.engine) ?? [])].flatMap(([name, path]) => {
      if (this.#leavingAdapters.has(`${model} ${name}`)) return [];
      const everywhere = members.every(({ spec }) => this.#adapters.get(spec.engine)?.get(name) === path);
      const changedAt = this.#adapterChangedAt.get(`${model} ${name}`) ?? Number.NEGATIVE_INFINITY;
      return everywhere && now - changedAt >= settledMs * NS_PER_MS ? [{ name, path }] : [];
    });
  }

  /** From now on (until it is loaded again) nothing new is sent to the adapter, as before any orderly unload. */
  adapterLeaves(model: string, name: string): void {
    this.#leavingAdapters.add(`${model} ${name}`);
  }

  adapterPath(engine: string, name: string): string | undefined {
    return this.#adapters.get(engine)?.get(name);
  }

  /** Records that an adapter was loaded (path) or unloaded (null). */
  adapterChanged(handle: EngineHandle, name: string, path: string | null): void {
    const { engine, model } = handle.spec;
    const loaded = this.#adapters.get(engine) ?? new Map<string, string>();
    this.#adapters.set(engine, loaded);
    const before = loaded.get(name);
    const at = this.#clock.nowNs();
    this.#adapterChangedAt.set(`${model} ${name}`, at);
    if (before !== undefined && before !== path) {
      loaded.delete(name);
      this.#recorder.record({ k: "adapter", at, engine, adapter: `${name}@${before}`, event: "unloaded" });
    }
    if (path === null) return;
    loaded.set(name, path);
    this.#leavingAdapters.delete(`${model} ${name}`);
    this.#recorder.record({ k: "adapter", at, engine, adapter: `${name}@${path}`, event: "loaded" });
  }

  #noteAdapters({ spec }: EngineHandle): void {
    this.#adapters.set(spec.engine, new Map(spec.adapters.map(({ name, path }) => [name, path])));
  }
}
