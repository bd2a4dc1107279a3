/** One engine as the run saw it: its life, its membership, and from when on answers about it may be judged for freshness. */
import type { Bounds, EngineRecord, MemberRecord } from "../history/records.js";
import { EmitTimes } from "./emit-times.js";
import { Holder } from "./holder.js";
import type { StreamPosition } from "./ledger-continuity.js";

/** One (engine, rank): what it holds, and what it published. */
export interface StreamTruth extends StreamPosition {
  readonly holder: Holder;
  /** Batches that left on the wire, over all lives; burnt ones did not. */
  sentBatches: number;
  /** Batches of the present life that consumers cannot read (burnt or garbled). */
  unreadableBatches: number;
  lastEmitAt: number;
  /** Of the present life; infinite before it. */
  firstEmitAt: number;
  /** The last batch used up a number and left nothing on the wire. */
  burntLast: boolean;
  /** Highest number of the present life that left on the wire, and one more; what follows it was burnt. */
  sentUpTo: number;
  readonly emitTimes: EmitTimes;
}

const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS = Number.NEGATIVE_INFINITY;

export class EngineState {
  readonly index: number;
  readonly name: string;
  readonly #bounds: Bounds;
  readonly #sutReplays: boolean;
  model = "";
  epoch = 0;
  lives = 0;
  /** The process exists and may speak. */
  alive = false;
  ready = false;
  /** Stands still (SIGSTOP, or its node does). */
  frozen = false;
  member = false;
  /** Publishes events; if not, nothing can be demanded about it. */
  publishes = true;
  addedAt = NEVER;
  removedAt = NEVER;
  downAt = NEVER;
  /** Answers whose window begins at or after this moment are judged for freshness. */
  settlesAt = NEVER;
  /** Questions asked after this moment must not be answered from a former life. */
  fencedFrom = NEVER;
  /** Content stored at or before this moment may be unknowable: lost, and there is no replay. */
  lostBefore = ALWAYS;
  unexpectedExits = 0;
  readonly streams: StreamTruth[] = [];
  readonly #adapterChangedAt = new Map<string, number>();
  groups = 1;
  /** Not kvproof's double. */
  real = false;
  #replays = true;
  #replayBatches = Number.POSITIVE_INFINITY;

  constructor(index: number, name: string, bounds: Bounds, sutReplays: boolean) {
    this.index = index;
    this.name = name;
    this.#bounds = bounds;
    this.#sutReplays = sutReplays;
  }

  /** Lost batches can be had again. */
  get replays(): boolean {
    return this.#replays && this.#sutReplays;
  }

  /** A part of what its present life said cannot be had by anybody: it left the wire unreadable, or too early, and is not repeated. */
  get partlyUnknowable(): boolean {
    return this.streams.some(
      ({ unreadableBatches, firstEmitAt, holder }) =>
        unreadableBatches > 0 || firstEmitAt <= Math.max(this.lostBefore, holder.lostBefore),
    );
  }

  stream(rank: number): StreamTruth {
    let stream = this.streams[rank];
    if (stream === undefined) {
      for (let r = this.streams.length; r <= rank; r++) {
        const holder = new Holder(r, this.groups);
        const started = {
          sentBatches: 0,
          unreadableBatches: 0,
          lastEmitAt: ALWAYS,
          firstEmitAt: NEVER,
          burntLast: false,
          sentUpTo: 0,
          emitTimes: new EmitTimes(),
        };
        this.streams.push({ holder, epoch: 0, nextSeq: 0, ...started });
      }
      stream = this.streams[rank] as StreamTruth;
    }
    return stream;
  }

  /** News about a life that is over already change nothing but the count of unexpected exits. */
  note(record: EngineRecord): void {
    this.model = record.model;
    if (record.groups !== undefined) this.groups = record.groups;
    if (record.replay !== undefined) this.#replays = record.replay;
    if (record.replayBatches !== undefined) this.#replayBatches = record.replayBatches;
    if (record.kind !== undefined) this.real = record.kind !== "double";
    if (record.events !== undefined) this.publishes = record.events;
    if (record.unexpected === true) this.unexpectedExits++;
    if (record.epoch < this.epoch) return;
    if (record.epoch > this.epoch) this.beginLife(record.epoch, record.at);
    switch (record.event) {
      case "starting":
        break;
      case "ready":
        this.ready = true;
        if (this.lives > 1) this.fencedFrom = record.at + this.#bounds.departureNs;
        if (this.member) this.#unsettle(record.at + this.#bounds.recoveryNs);
        break;
      case "thawed":
        this.frozen = false;
        this.#unsettle(record.at + this.#bounds.recoveryNs);
        break;
      case "frozen":
        this.frozen = true;
        this.settlesAt = NEVER;
        break;
      case "stopping":
      case "killed":
        this.settlesAt = NEVER;
        break;
      case "down":
        this.#end(record.at);
        break;
    }
  }

  /** Also reached by a ledger entry of a new epoch, should that be recorded before the engine's own record. */
  beginLife(epoch: number, at: number): void {
    for (const stream of this.streams) {
      stream.holder.endLife(at);
      stream.unreadableBatches = 0;
      stream.firstEmitAt = NEVER;
      stream.burntLast = false;
      stream.sentUpTo = 0;
      stream.emitTimes.restart();
    }
    this.epoch = epoch;
    this.lives++;
    this.alive = true;
    this.ready = false;
    this.frozen = false;
    this.settlesAt = NEVER;
    this.fencedFrom = NEVER;
    this.lostBefore = ALWAYS;
    this.downAt = NEVER;
  }

  noteMember(record: MemberRecord): void {
    if (record.event === "leaving") {
      // It may be forgotten from now on, and need not be before it has left.
      this.settlesAt = NEVER;
      return;
    }
    this.member = record.event === "added";
    if (!this.member) {
      this.removedAt = record.at;
      this.settlesAt = NEVER;
      return;
    }
    this.addedAt = record.at;
    this.removedAt = NEVER;
    const published = Math.max(0, ...this.#publishedInLife());
    const catchUpNs = published > 0 ? this.#bounds.recoveryNs : 0;
    // A subscription needs its time to arrive, too.
    this.#unsettle(record.at + catchUpNs, record.at + this.#bounds.stalenessNs);
    if (published > this.#replayBatches) this.lostBefore = record.at;
  }

  noteAdapter(adapter: string, at: number): void {
    this.#adapterChangedAt.set(adapter, at);
  }

  /**
   * What was cached for an adapter before it was last loaded or unloaded cannot be demanded: nobody can use it, and a consumer
   * may drop it.
   */
  adapterForgottenAt(adapter: string | null): number {
    return (adapter === null ? undefined : this.#adapterChangedAt.get(adapter)) ?? ALWAYS;
  }

  noteEmitted(stream: StreamTruth, at: number): void {
    stream.lastEmitAt = at;
    if (stream.firstEmitAt === NEVER) stream.firstEmitAt = at;
    stream.emitTimes.note(at, this.#replayBatches);
  }

  /**
   * Consumers heard nothing from `since` on, and what the ring does not keep any more they cannot have. Nor can they tell that it
   * is still the same life, once the last batch that they heard has left the ring.
   */
  loseWhatTheRingLost(since: number): void {
    for (const { holder, emitTimes } of this.streams) {
      const lostUntil = emitTimes.newestOutside(this.#replayBatches);
      const oldestKept = emitTimes.oldestKept(this.#replayBatches);
      if (lostUntil !== undefined && oldestKept !== undefined && oldestKept >= since)
        holder.lostBefore = Math.max(holder.lostBefore, lostUntil);
    }
  }

  /** Something was lost between this engine and its consumers up to `at`; they may need the recovery time. */
  disturbed(at: number): void {
    if (this.settlesAt !== NEVER) this.#unsettle(Math.max(this.settlesAt, at + this.#bounds.recoveryNs));
  }

  /** Answers about `adapter` whose window begins at `from` are judged for freshness (fault windows apart). */
  settled(from: number, adapter: string | null): boolean {
    if (!this.member || !this.alive || !this.publishes || from < this.settlesAt) return false;
    const changedAt = adapter === null ? undefined : this.#adapterChangedAt.get(adapter);
    return changedAt === undefined || from >= changedAt + this.#bounds.adapterNs;
  }

  /** Without replay, what consumers missed until `missedUntil` stays unknown to them. */
  #unsettle(settlesAt: number, missedUntil = settlesAt): void {
    if (!this.alive || !this.ready) return;
    this.settlesAt = settlesAt;
    if (!this.replays) this.lostBefore = missedUntil;
  }

  #publishedInLife(): number[] {
    return this.streams.filter((s) => s.epoch === this.epoch).map((s) => s.nextSeq);
  }

  #end(at: number): void {
    for (const stream of this.streams) stream.holder.endLife(at);
    this.alive = false;
    this.ready = false;
    this.downAt = at;
    this.settlesAt = NEVER;
  }
}
