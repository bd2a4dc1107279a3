/**
 * What one lane holds, by engine hash: hash -> node, and how many copies in each medium. Open addressing with linear
 * probing and no tombstones; four words per slot, so that a lookup touches one cache line.
 *
 * A hash may stand in several slots, once per node: an engine that gave one hash to two different blocks.
 */
import { NO_NODE } from "./node-table.js";

export const SLOT_WORDS = 4;
export const HASH_LOW = 0;
export const HASH_HIGH = 1;
export const NODE = 2;
/** Low half: copies in the first medium. High half: generation (see eviction.ts). */
export const META = 3;
export const COPIES_MASK = 0xffff;
export const GENERATION_SHIFT = 16;

const MIN_SLOTS = 16;
const MAX_LOAD = 0.8;
const SHRINK_LOAD = 0.15;
/** Grow gently once it matters: the mean load is then 0.72 instead of 0.6. */
const [GROW_SMALL, GROW_LARGE, LARGE_SLOTS] = [2, 1.25, 2048] as const;

export class Residency {
  /** {@link SLOT_WORDS} words per slot; `NODE` = {@link NO_NODE} means empty. Replaced when it grows or shrinks. */
  words = new Uint32Array(MIN_SLOTS * SLOT_WORDS);
  capacity = MIN_SLOTS;
  count = 0;
  /** Copies in the media after the first; as long as `capacity` each. */
  readonly columns: Uint16Array[] = [];
  readonly #salt: number;
  #scale = MIN_SLOTS / 2 ** 32;
  #growAt = Math.floor(MIN_SLOTS * MAX_LOAD);

  /** @param salt secret word, so that a hostile engine cannot choose hashes that collide. */
  constructor(salt: number) {
    this.#salt = salt;
  }

  get bytes(): number {
    return this.words.byteLength + this.columns.length * this.capacity * 2;
  }

  #home(low: number, high: number): number {
    let mixed = Math.imul(low ^ this.#salt, 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15) ^ high, 0xc2b2_ae35);
    return Math.floor(((mixed ^ (mixed >>> 16)) >>> 0) * this.#scale);
  }
  /** Slot of the hash, or -1. */
  find(low: number, high: number): number {
    return this.#scan(this.#home(low, high), low, high);
  }
  /** Next slot of the same hash after `slot`, or -1. */
  findNext(slot: number, low: number, high: number): number {
    return this.#scan(slot + 1 === this.capacity ? 0 : slot + 1, low, high);
  }
  #scan(from: number, low: number, high: number): number {
    const { words, capacity } = this;
    for (let slot = from; ; slot = slot + 1 === capacity ? 0 : slot + 1) {
      const at = slot * SLOT_WORDS;
      if (words[at + HASH_LOW] === low && words[at + HASH_HIGH] === high && words[at + NODE] !== NO_NODE) return slot;
      if (words[at + NODE] === NO_NODE) return -1;
    }
  }
  /** A new slot for the hash, without copies. Slots known before are void. */
  insert(low: number, high: number, node: number, generation: number): number {
    if (this.count >= this.#growAt)
      this.#resize(this.capacity * (this.capacity < LARGE_SLOTS ? GROW_SMALL : GROW_LARGE));
    const { words, capacity } = this;
    let slot = this.#home(low, high);
    while (words[slot * SLOT_WORDS + NODE] !== NO_NODE) slot = slot + 1 === capacity ? 0 : slot + 1;
    const at = slot * SLOT_WORDS;
    words[at + HASH_LOW] = low;
    words[at + HASH_HIGH] = high;
    words[at + NODE] = node;
    words[at + META] = generation << GENERATION_SHIFT;
    for (const column of this.columns) column[slot] = 0;
    this.count++;
    return slot;
  }
  /** Empties the slot; later slots of its cluster move back, perhaps into it. */
  removeAt(slot: number): void {
    const { words, capacity } = this;
    let hole = slot;
    for (let next = slot + 1 === capacity ? 0 : slot + 1; ; next = next + 1 === capacity ? 0 : next + 1) {
      const at = next * SLOT_WORDS;
      if (words[at + NODE] === NO_NODE) break;
      const home = this.#home(words[at + HASH_LOW] as number, words[at + HASH_HIGH] as number);
      if (distance(home, next, capacity) < distance(hole, next, capacity)) continue;
      this.#move(next, hole);
      hole = next;
    }
    words[hole * SLOT_WORDS + NODE] = NO_NODE;
    this.count--;
  }
  /** Gives memory back after many removals. Slots known before are void. */
  shrink(): void {
    if (this.capacity > MIN_SLOTS && this.count < this.capacity * SHRINK_LOAD) {
      this.#resize(Math.max(MIN_SLOTS, Math.ceil(this.count * 2)));
    }
  }
  clear(): void {
    this.count = 0;
    this.#allocate(MIN_SLOTS);
  }

  copies(slot: number, column: number): number {
    return column === 0
      ? (this.words[slot * SLOT_WORDS + META] as number) & COPIES_MASK
      : ((this.columns[column - 1] as Uint16Array)[slot] as number);
  }
  setCopies(slot: number, column: number, copies: number): void {
    if (column > 0) {
      (this.columns[column - 1] as Uint16Array)[slot] = copies;
      return;
    }
    const at = slot * SLOT_WORDS + META;
    this.words[at] = ((this.words[at] as number) & ~COPIES_MASK) | copies;
  }
  touch(slot: number, generation: number): void {
    const at = slot * SLOT_WORDS + META;
    this.words[at] = ((this.words[at] as number) & COPIES_MASK) | (generation << GENERATION_SHIFT);
  }
  clearCopies(slot: number): void {
    for (let column = 0; column <= this.columns.length; column++) this.setCopies(slot, column, 0);
  }
  /** True if some medium holds the hash. */
  isHeld(slot: number): boolean {
    if (((this.words[slot * SLOT_WORDS + META] as number) & COPIES_MASK) > 0) return true;
    for (const column of this.columns) if ((column[slot] as number) > 0) return true;
    return false;
  }
  addColumn(): void {
    this.columns.push(new Uint16Array(this.capacity));
  }

  #move(from: number, to: number): void {
    const { words } = this;
    const [source, target] = [from * SLOT_WORDS, to * SLOT_WORDS];
    words[target] = words[source] as number;
    words[target + 1] = words[source + 1] as number;
    words[target + 2] = words[source + 2] as number;
    words[target + 3] = words[source + 3] as number;
    for (const column of this.columns) column[to] = column[from] as number;
  }
  #allocate(capacity: number): void {
    this.capacity = capacity;
    this.#scale = capacity / 2 ** 32;
    this.#growAt = Math.floor(capacity * MAX_LOAD);
    this.words = new Uint32Array(capacity * SLOT_WORDS);
    for (let i = 0; i < this.columns.length; i++) this.columns[i] = new Uint16Array(capacity);
  }
  #resize(capacity: number): void {
    const { words, columns, capacity: before } = this;
    const oldColumns = [...columns];
    this.count = 0;
    this.#allocate(Math.ceil(capacity));
    for (let old = 0; old < before; old++) {
      const at = old * SLOT_WORDS;
      const node = words[at + NODE] as number;
      if (node === NO_NODE) continue;
      const slot = this.insert(words[at + HASH_LOW] as number, words[at + HASH_HIGH] as number, node, 0);
      this.words[slot * SLOT_WORDS + META] = words[at + META] as number;
      for (let i = 0; i < columns.length; i++) {
        (columns[i] as Uint16Array)[slot] = (oldColumns[i] as Uint16Array)[old] as number;
      }
    }
  }
}

/** Steps from `home` forward to `slot` around the ring. */
function distance(home: number, slot: number, capacity: number): number {
  return slot >= home ? slot - home : slot - home + capacity;
}
