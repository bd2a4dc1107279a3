/**
 * What one (engine, rank) holds and held, from its ledger alone. Copies are counted per (group, medium), as vLLM keeps
 * several physical copies of one hash; a block is held while every group has a copy in any medium.
 *
 * Clearing everything costs nothing: it starts a new generation, and a block last touched in an older one counts as closed
 * at that generation's end.
 */
import { CopyCounts } from "./copy-counts.js";
import { enlarged, IntTable } from "./int-table.js";
import { IntervalLog } from "./interval-log.js";

/** What a removal did to a block. */
export const Removal = {
  /** It was not there: stores minus removes would be negative, so the ledger contradicts itself. */
  impossible: 0,
  /** Other copies, media or groups keep it held. */
  survived: 1,
  /** It was held and is not any more. */
  lost: 2,
  /** It was not held before either: some group lacked it. */
  remnant: 3,
} as const;
export type Removal = (typeof Removal)[keyof typeof Removal];

/** Facts about a block of a holder, as bits of {@link Holder.flags}. */
export const Flag = {
  ever: 1,
  inLife: 2,
  /** Was stored in a medium other than the GPU. */
  offGpu: 4,
  /** Lost a copy in some medium or group and is held nevertheless. */
  survivor: 8,
  /** Is in some group or medium and not held, because another group lacks it. */
  remnant: 16,
  /** Its store left no readable bytes on the wire: no consumer can know. */
  untoldStore: 32,
  /** A removal of it left no readable bytes on the wire, or a store of it more than one: consumers may count a copy too many. */
  overstated: 64,
} as const;

const NOT_HELD = -1;

export class Holder {
  readonly rank: number;
  /** Blocks held now. */
  resident = 0;
  /** What was stored at or before this moment may be unknown to every consumer: lost, and not replayable. */
  lostBefore = Number.NEGATIVE_INFINITY;
  readonly #table = new IntTable();
  readonly #log = new IntervalLog();
  readonly #copies: CopyCounts;
  #since = new Float64Array(0);
  /** When the first of its present copies came, of whatever group: nobody who missed that can tell whether the block is whole. */
  #firstCopyAt = new Float64Array(0);
  #lastClosed = new Int32Array(0);
  #generationOf = new Int32Array(0);
  #flags = new Uint8Array(0);
  #generation = 0;
  #lifeGeneration = 0;
  #untoldClear = false;
  readonly #endedAt: number[] = [];

  constructor(rank: number, groups: number) {
    this.rank = rank;
    this.#copies = new CopyCounts(groups);
  }

  /** Distinct blocks ever mentioned. */
  get known(): number {
    return this.#table.size;
  }

  /** `told` = the news left on the wire, so that a consumer can know; `doubled` = it was told twice, as if of two copies. */
  store(id: number, group: number, medium: number, at: number, told: boolean, doubled = false): void {
    const entry = this.#touch(id, true);
    const held = this.#since[entry] !== NOT_HELD;
    if (!held && this.#copies.none(entry)) this.#firstCopyAt[entry] = at;
    this.#copies.add(entry, group, medium);
    let flags = this.#flags[entry] as number;
    if (medium > 0) flags |= Flag.offGpu;
    if (!held && this.#copies.complete(entry)) {
      this.#since[entry] = at;
      this.resident++;
      flags = (flags & ~(Flag.untoldStore | Flag.remnant)) | Flag.ever | Flag.inLife;
      if (!told) flags |= Flag.untoldStore;
    } else if (!held) flags |= Flag.remnant;
    if (doubled) flags |= Flag.overstated;
    this.#flags[entry] = flags;
  }

  remove(id: number, group: number, medium: number, at: number, told: boolean): Removal {
    const entry = this.#touch(id, false);
    if (entry < 0 || !this.#copies.take(entry, group, medium)) return Removal.impossible;
    const wasHeld = this.#since[entry] !== NOT_HELD;
    const held = this.#copies.complete(entry);
    let flags = this.#flags[entry] as number;
    if (held) flags |= Flag.survivor;
    else {
      flags &= ~(Flag.survivor | Flag.remnant);
      if (!this.#copies.none(entry)) flags |= Flag.remnant;
    }
    if (!told) flags |= Flag.overstated;
    this.#flags[entry] = flags;
    if (held) return Removal.survived;
    if (!wasHeld) return Removal.remnant;
    this.#close(entry, at);
    this.resident--;
    return Removal.lost;
  }

  clear(at: number, told: boolean): void {
    this.#endedAt[this.#generation++] = at;
    this.#untoldClear = !told;
    this.resident = 0;
  }

  /** The process ended, or another one took its place: nothing is held, and what was held belongs to a former life. */
  endLife(at: number): void {
    this.clear(at, true);
    this.#lifeGeneration = this.#generation;
    this.lostBefore = Number.NEGATIVE_INFINITY;
  }

  /** Drops intervals that no query can reach any more. */
  forget(horizon: number): void {
    this.#log.forget(horizon);
  }

  /** Index of the block's facts, or -1 when it was never mentioned. */
  entry(id: number): number {
    return this.#table.find(id);
  }

  flags(entry: number): number {
    const flags = this.#flags[entry] as number;
    if ((this.#generationOf[entry] as number) === this.#generation) return flags;
    return (this.#generationOf[entry] as number) >= this.#lifeGeneration
      ? flags & (Flag.ever | Flag.inLife)
      : flags & Flag.ever;
  }

  /** Start of the present interval; undefined when the block is not held now. */
  heldSince(entry: number): number | undefined {
    const since = this.#since[entry] as number;
    return since !== NOT_HELD && this.#generationOf[entry] === this.#generation ? since : undefined;
  }

  /** When the oldest of its present copies came; undefined when the block is not held now. */
  copiesSince(entry: number): number | undefined {
    return this.heldSince(entry) === undefined ? undefined : (this.#firstCopyAt[entry] as number);
  }

  /** Held at some moment of [from, to]. What was removed without telling anyone counts as held, for as long as nothing clears it. */
  possibly(entry: number, from: number, to: number): boolean {
    const since = this.#since[entry] as number;
    if (since !== NOT_HELD && since <= to && this.#openUntil(entry) >= from) return true;
    const flags = this.flags(entry);
    if ((flags & Flag.overstated) !== 0 || (this.#untoldClear && (flags & Flag.inLife) !== 0)) return true;
    for (let n = this.#lastClosed[entry] as number; n >= 0 && this.#log.has(n); n = this.#log.previous(n)) {
      if (this.#log.until(n) < from) return false;
      if (this.#log.since(n) <= to) return true;
    }
    return false;
  }

  /** Held at every moment of [from, to], `to` not in the future. */
  throughout(entry: number, from: number, to: number): boolean {
    const since = this.#since[entry] as number;
    if (since !== NOT_HELD && since <= from && this.#openUntil(entry) >= to) return true;
    for (let n = this.#lastClosed[entry] as number; n >= 0 && this.#log.has(n); n = this.#log.previous(n)) {
      if (this.#log.until(n) < to) return false;
      if (this.#log.since(n) <= from) return true;
    }
    return false;
  }

  /** The intervals that touch [from, to], newest first, as [since, until] pairs cut to it. */
  intervals(entry: number, from: number, to: number): [number, number][] {
    const found: [number, number][] = [];
    const cut = (since: number, until: number): void => {
      if (since <= to && until >= from) found.push([Math.max(since, from), Math.min(until, to)]);
    };
    const flags = this.flags(entry);
    if ((flags & Flag.overstated) !== 0 || (this.#untoldClear && (flags & Flag.inLife) !== 0)) return [[from, to]];
    const since = this.#since[entry] as number;
    if (since !== NOT_HELD) cut(since, this.#openUntil(entry));
    for (let n = this.#lastClosed[entry] as number; n >= 0 && this.#log.has(n); n = this.#log.previous(n)) {
      cut(this.#log.since(n), this.#log.until(n));
    }
    return found;
  }

  /** When it was last lost, as far back as the log reaches; undefined while it is held. */
  lostAt(entry: number): number | undefined {
    if ((this.#since[entry] as number) !== NOT_HELD) {
      const until = this.#openUntil(entry);
      return until === Number.POSITIVE_INFINITY ? undefined : until;
    }
    const n = this.#lastClosed[entry] as number;
    return n >= 0 && this.#log.has(n) ? this.#log.until(n) : undefined;
  }

  #openUntil(entry: number): number {
    const generation = this.#generationOf[entry] as number;
    return generation === this.#generation ? Number.POSITIVE_INFINITY : (this.#endedAt[generation] as number);
  }

  #close(entry: number, until: number): void {
    this.#lastClosed[entry] = this.#log.push(this.#since[entry] as number, until, this.#lastClosed[entry] as number);
    this.#since[entry] = NOT_HELD;
  }

  /** Entry of `id` brought into the present generation; -1 when it is unknown and not to be created. */
  #touch(id: number, create: boolean): number {
    const size = this.#table.size;
    const entry = create ? this.#table.add(id) : this.#table.find(id);
    if (entry === size && create) this.#initialise(entry);
    else if (entry >= 0 && this.#generationOf[entry] !== this.#generation) {
      const flags = this.flags(entry);
      if (this.#since[entry] !== NOT_HELD) this.#close(entry, this.#openUntil(entry));
      this.#flags[entry] = flags;
      this.#copies.reset(entry);
      this.#generationOf[entry] = this.#generation;
    }
    return entry;
  }

  #initialise(entry: number): void {
    if (entry >= this.#since.length) {
      this.#since = enlarged(this.#since);
      const length = this.#since.length;
      this.#firstCopyAt = enlarged(this.#firstCopyAt, length);
      this.#lastClosed = enlarged(this.#lastClosed, length);
      this.#generationOf = enlarged(this.#generationOf, length);
      this.#flags = enlarged(this.#flags, length);
    }
    this.#since[entry] = NOT_HELD;
    this.#lastClosed[entry] = -1;
    this.#generationOf[entry] = this.#generation;
    this.#copies.reset(entry);
  }
}
