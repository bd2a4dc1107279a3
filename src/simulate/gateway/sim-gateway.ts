/** One life of the reference gateway in the simulation: its sessions, its index, its router, without sockets, on virtual time. */
import { PrefixIndex } from "../../gateway/index/prefix-index.js";
import { DEFAULT_POLICY } from "../../gateway/policy/candidate.js";
import { Router } from "../../gateway/policy/router.js";
import type { PrefixQuery } from "../../gateway/ports.js";
import type { SessionStatus } from "../../gateway/session/session.js";
import type { CounterRecord, DumpRecord, StreamRecord } from "../../judge/history/records.js";
import type { SimEngine } from "../engine/sim-engine.js";
import type { Published } from "../engine/sim-rank.js";
import { labelled } from "../labelled.js";
import type { Conditions } from "../links/conditions.js";
import { addressOf, type SimFleetMember } from "../plan/plan.js";
import type { VirtualTime } from "../virtual-time.js";
import { type FollowedRank, SimMember } from "./sim-member.js";
import { SimStream } from "./sim-stream.js";

const SWEPT_SLOTS = 65_536;

export interface GatewaySurroundings {
  readonly seed: number;
  readonly blockSize: number;
  /** Longest undisturbed way of one message. */
  readonly maxDelayMs: number;
  readonly capBlocks: number | null;
  readonly time: VirtualTime;
  conditionsOf(engine: string): Conditions;
  /** The process that listens there; null = none. */
  engineAt(address: string): SimEngine | null;
  lost(engine: string, rank: number, batch: Published, how: string): void;
}

export interface Chosen {
  readonly engine: string;
  readonly blocks: number;
}

export class SimGateway {
  readonly #around: GatewaySurroundings;
  readonly #index: PrefixIndex;
  readonly #router: Router;
  readonly #members = new Map<string, SimMember>();
  readonly #life: number;
  #joins = 0;
  #frozen = false;
  readonly #waiting: (() => void)[] = [];

  constructor(life: number, around: GatewaySurroundings) {
    this.#life = life;
    this.#around = around;
    const { seed, capBlocks } = around;
    this.#index = new PrefixIndex({ seed: seed + life, ...(capBlocks === null ? {} : { maxBlocks: capBlocks }) });
    this.#router = new Router(this.#members, this.#index, DEFAULT_POLICY);
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  add(member: SimFleetMember): void {
    const join = ++this.#joins;
    const ranks = Array.from({ length: member.ranks }, (_, rank) => this.#follow(member, rank, join));
    const { time } = this.#around;
    const added = new SimMember(member, ranks, time, () => this.#around.engineAt(addressOf(member)));
    this.#members.set(member.name, added);
    for (const { stream } of ranks) stream.dial();
  }

  remove(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    member.close();
    for (const { holder } of member.ranks) this.#index.removeHolder(holder);
    this.#members.delete(name);
    this.#index.sweep(SWEPT_SLOTS);
  }

  /** The process ends. */
  kill(): void {
    for (const member of this.#members.values()) member.close();
    this.#waiting.length = 0;
  }

  freeze(): void {
    this.#frozen = true;
  }
  thaw(): void {
    this.#frozen = false;
    for (const work of this.#waiting.splice(0)) work();
  }
  /** Runs work as this process: now, or once it runs again. */
  enter(work: () => void): void {
    if (this.#frozen) this.#waiting.push(work);
    else work();
  }

  /** What happened to an engine's connections. */
  cut(engine: string, late: boolean): void {
    for (const stream of this.#streamsOf(engine)) stream.cut(late);
  }
  silenced(engine: string, isSilent: () => boolean): void {
    for (const stream of this.#streamsOf(engine)) stream.silenced(isSilent);
  }
  unstick(engine: string): void {
    for (const stream of this.#streamsOf(engine)) stream.unstick();
  }

  /** Leading full blocks per engine, the best of its ranks. */
  match(query: PrefixQuery): Record<string, number> {
    return { ...this.#router.query(query) };
  }

  /** Engines that could serve the prompt, best first; none when nobody serves the model. */
  route(query: PrefixQuery, dry: boolean): readonly Chosen[] {
    const { model, lora, salt, tokens } = query;
    const engines = [...this.#members.values()].filter((member) => member.member.model === model);
    const question = { groups: [{ model, lora, engines }], salt, tokens };
    const choice = dry ? this.#router.decide({ ...question, loads: {} }) : this.#router.route(question);
    return choice?.ranking ?? [];
  }

  load(engine: string, change: 1 | -1): void {
    const member = this.#members.get(engine);
    if (member !== undefined) member.load += change;
  }

  streams(): Omit<StreamRecord, "k" | "at">[] {
    return this.#eachStream((engine, rank, status) => {
      const { state, lastSeq, lives, appliedBatches, duplicateBatches, gaps, missingBatches, replayedBatches, purges } =
        status;
      const counts = { appliedBatches, duplicateBatches, gaps, missingBatches, replayedBatches, purges };
      return { engine, rank, state, lastSeq, lives, ...counts };
    });
  }

  counters(): Omit<CounterRecord, "k" | "at">[] {
    return this.#eachStream((engine, rank, status) => ({
      engine,
      rank,
      received: status.receivedBatches,
      applied: status.appliedBatches,
      duplicate: status.duplicateBatches,
      rejected: status.rejectedBatches,
      dropped: status.droppedBatches,
    }));
  }

  dump(): Omit<DumpRecord, "k" | "at"> {
    const { blocks, capBlocks, parked, unplaced } = this.#index.stats();
    const engines = Object.fromEntries([...this.#members.keys()].map((name) => [name, this.#index.blocksOf(name)]));
    return { engines, totalBlocks: blocks, capBlocks, sideEntries: parked + unplaced };
  }

  #follow(member: SimFleetMember, rank: number, join: number): FollowedRank {
    const { name, model, groups } = member;
    const { seed, blockSize, maxDelayMs, time } = this.#around;
    const holder = this.#index.addHolder({ engine: name, rank, model, blockSize, groups });
    const stream = new SimStream({
      time,
      maxDelayMs,
      rng: labelled(seed, `link ${name} ${rank} ${this.#life} ${join}`),
      conditions: this.#around.conditionsOf(name),
      sink: this.#index.sink(holder),
      replay: member.replay,
      peer: () => this.#around.engineAt(addressOf(member))?.ranks[rank] ?? null,
      enter: (work) => this.enter(work),
      lost: (batch, how) => this.#around.lost(name, rank, batch, how),
      disconnected: () => this.#members.get(name)?.watch(),
    });
    return { holder, stream };
  }

  #streamsOf(engine: string): SimStream[] {
    return this.#members.get(engine)?.ranks.map(({ stream }) => stream) ?? [];
  }

  #eachStream<T>(read: (engine: string, rank: number, status: SessionStatus) => T): T[] {
    const nowNs = this.#around.time.nowNs();
    return [...this.#members.values()].flatMap(({ name, ranks }) =>
      ranks.map(({ stream }, rank) => read(name, rank, stream.session.status(nowNs))),
    );
  }
}
