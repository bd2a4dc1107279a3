/**
 * What one lane holds, by engine hash: hash -> node, and how many copies in each medium. Open addressing with linear
 * probing and no tombstones. Words are signed, as V8 boxes numbers above 2^31. Node and 8 bits of the hash lie in one word per slot, hash and counts in another array: a hash
 * that is not held, the usual case of a store, costs one cache line.
 *
 * A hash may stand in several slots, once per node: an engine that gave one hash to two different blocks.
 */
import { NO_NODE, UNPLACED } from "./node-table.js";

const MIN_SLOTS = 16;
const MAX_LOAD = 0.7;
const SHRINK_LOAD = 0.15;
/** Grow gently once it matters. */
const [GROW_SMALL, GROW_LARGE, LARGE_SLOTS] = [2, 1.25, 2048] as const;

const PRINT_BITS = 8;
const PRINT_MASK = 0xff;
/** Words of an entry: hash, and META = generation << 16 | copies in the first medium. */
const ENTRY_WORDS = 3;
const META = 2;
const COPIES_MASK = 0xffff;
const GENERATION_SHIFT = 16;

export class Residency {
  capacity = MIN_SLOTS;
  count = 0;
  /** Media after the first. */
  get extraColumns(): number {
    return this.#columns.length;
  }
  /** node << 8 | print of the hash; 0 = empty. */
  #slots = new Int32Array(MIN_SLOTS);
  #entries = new Int32Array(MIN_SLOTS * ENTRY_WORDS);
  /** Copies in the media after the first. */
  readonly #columns: Uint16Array[] = [];
  readonly #salt: number;
  #scale = MIN_SLOTS / 2 ** 32;
  #growAt = Math.floor(MIN_SLOTS * MAX_LOAD);

  /** @param salt secret word, so that a hostile engine cannot choose hashes that collide. */
  constructor(salt: number) {
    this.#salt = salt;
  }

  get bytes(): number {
    return this.#slots.byteLength + this.#entries.byteLength + this.#columns.length * this.capacity * 2;
  }

  /** Slot of the hash; if it is not held, a negative number that `insert` takes as a hint. */
  find(low: number, high: number): number {
    const mixed = this.#mix(low, high);
    return this.#scan(this.#homeOf(mixed), mixed & PRINT_MASK, low, high);
  }
  /** Next slot of the same hash after `slot`, or a negative number. */
  findNext(slot: number, low: number, high: number): number {
    return this.#scan(slot + 1 === this.capacity ? 0 : slot + 1, this.#mix(low, high) & PRINT_MASK, low, high);
  }
  #mix(low: number, high: number): number {
    let mixed = Math.imul(low ^ this.#salt, 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 15) ^ high, 0xc2b2_ae35);
    return mixed ^ (mixed >>> 16);
  }
  #homeOf(mixed: number): number {
    return ((mixed >>> 0) * this.#scale) | 0;
  }
  #scan(from: number, print: number, low: number, high: number): number {
    const slots = this.#slots;
    const entries = this.#entries;
    const { capacity } = this;
    let slot = from;
    for (let word = slots[slot] as number; word !== 0; word = slots[slot] as number) {
      const at = slot * ENTRY_WORDS;
      if ((word & PRINT_MASK) === print && entries[at] === low && entries[at + 1] === high) return slot;
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    return ~slot;
  }

  /**
   * Touches what `find` of these hashes will read. The loads do not depend on each other, so the processor does them at
   * once; one after the other, inside `find`, each would wait for the one before. Returns a meaningless number.
   */
  warm(low: Uint32Array | Int32Array, high: Uint32Array | Int32Array, from: number, to: number): number {
    const slots = this.#slots;
    let sum = 0;
    for (let i = from; i < to; i++)
      sum ^= slots[this.#homeOf(this.#mix(low[i] as number, high[i] as number))] as number;
    return sum;
  }

  nodeAt(slot: number): number {
    return (this.#slots[slot] as number) >>> PRINT_BITS;
  }
  /** True if the slot is used and its node known. */
  isPlaced(slot: number): boolean {
    return this.nodeAt(slot) > UNPLACED;
  }
  setNode(slot: number, node: number): void {
    this.#slots[slot] = (node << PRINT_BITS) | ((this.#slots[slot] as number) & PRINT_MASK);
  }
  hashLow(slot: number): number {
    return this.#entries[slot * ENTRY_WORDS] as number;
  }
  hashHigh(slot: number): number {
    return this.#entries[slot * ENTRY_WORDS + 1] as number;
  }
  generation(slot: number): number {
    return (this.#entries[slot * ENTRY_WORDS + META] as number) >>> GENERATION_SHIFT;
  }
  touch(slot: number, generation: number): void {
    const at = slot * ENTRY_WORDS + META;
    this.#entries[at] = ((this.#entries[at] as number) & COPIES_MASK) | (generation << GENERATION_SHIFT);
  }

  /** A new slot for the hash, with one copy. `hint` = what `find` said just before. Slots known before are void. */
  insert(hint: number, low: number, high: number, node: number, generation: number, column: number): void {
    let slot = ~hint;
    const mixed = this.#mix(low, high);
    if (this.count >= this.#growAt) {
      this.#resize(this.capacity * (this.capacity < LARGE_SLOTS ? GROW_SMALL : GROW_LARGE));
      slot = this.#emptySlot(mixed);
    } else if (hint >= 0) slot = this.#emptySlot(mixed);
    const at = slot * ENTRY_WORDS;
    this.#slots[slot] = (node << PRINT_BITS) | (mixed & PRINT_MASK);
    this.#entries[at] = low;
    this.#entries[at + 1] = high;
    this.#entries[at + META] = (generation << GENERATION_SHIFT) | (column === 0 ? 1 : 0);
    for (let i = 0; i < this.#columns.length; i++) (this.#columns[i] as Uint16Array)[slot] = i + 1 === column ? 1 : 0;
    this.count++;
  }
  #emptySlot(mixed: number): number {
    let slot = this.#homeOf(mixed);
    while (this.#slots[slot] !== 0) slot = slot + 1 === this.capacity ? 0 : slot + 1;
    return slot;
  }

  /** Empties the slot; later slots of its cluster move back, perhaps into it. */
  removeAt(slot: number): void {
    const { capacity } = this;
    const slots = this.#slots;
    const entries = this.#entries;
    let hole = slot;
    for (
      let next = slot + 1 === capacity ? 0 : slot + 1;
      slots[next] !== 0;
      next = next + 1 === capacity ? 0 : next + 1
    ) {
      const at = next * ENTRY_WORDS;
      const home = this.#homeOf(this.#mix(entries[at] as number, entries[at + 1] as number));
      if (distance(home, next, capacity) < distance(hole, next, capacity)) continue;
      this.#move(next, hole);
      hole = next;
    }
    slots[hole] = NO_NODE;
    this.count--;
  }
  #move(from: number, to: number): void {
    const entries = this.#entries;
    const source = from * ENTRY_WORDS;
    const target = to * ENTRY_WORDS;
    this.#slots[to] = this.#slots[from] as number;
    entries[target] = entries[source] as number;
    entries[target + 1] = entries[source + 1] as number;
    entries[target + META] = entries[source + META] as number;
    for (const column of this.#columns) column[to] = column[from] as number;
  }
  /** Gives memory back after many removals. Slots known before are void. */
  shrink(): void {
    if (this.capacity > MIN_SLOTS && this.count < this.capacity * SHRINK_LOAD) {
      this.#resize(Math.max(MIN_SLOTS, this.count * 2));
    }
  }
  copies(slot: number, column: number): number {
    return column === 0
      ? (this.#entries[slot * ENTRY_WORDS + META] as number) & COPIES_MASK
      : ((this.#columns[column - 1] as Uint16Array)[slot] as number);
  }
  setCopies(slot: number, column: number, copies: number): void {
    if (column > 0) {
      (this.#columns[column - 1] as Uint16Array)[slot] = copies;
      return;
    }
    const at = slot * ENTRY_WORDS + META;
    this.#entries[at] = ((this.#entries[at] as number) & ~COPIES_MASK) | copies;
  }
  clearCopies(slot: number): void {
    for (let column = 0; column <= this.#columns.length; column++) this.setCopies(slot, column, 0);
  }
  /** True if some medium holds the hash. */
  isHeld(slot: number): boolean {
    for (let column = 0; column <= this.#columns.length; column++) if (this.copies(slot, column) > 0) return true;
    return false;
  }
  addColumn(): void {
    this.#columns.push(new Uint16Array(this.capacity));
  }

  #allocate(capacity: number): void {
    this.capacity = capacity;
    this.#scale = capacity / 2 ** 32;
    this.#growAt = Math.floor(capacity * MAX_LOAD);
    this.#slots = new Int32Array(capacity);
    this.#entries = new Int32Array(capacity * ENTRY_WORDS);
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i] = new Uint16Array(capacity);
  }
  #resize(capacity: number): void {
    const before = this.#slots;
    const entries = this.#entries;
    const columns = [...this.#columns];
    this.#allocate(Math.ceil(capacity));
    for (let old = 0; old < before.length; old++) {
      const word = before[old] as number;
      if (word === 0) continue;
      const at = old * ENTRY_WORDS;
      const slot = this.#emptySlot(this.#mix(entries[at] as number, entries[at + 1] as number));
      this.#slots[slot] = word;
      this.#entries[slot * ENTRY_WORDS] = entries[at] as number;
      this.#entries[slot * ENTRY_WORDS + 1] = entries[at + 1] as number;
      this.#entries[slot * ENTRY_WORDS + META] = entries[at + META] as number;
      for (let i = 0; i < columns.length; i++) {
        (this.#columns[i] as Uint16Array)[slot] = (columns[i] as Uint16Array)[old] as number;
      }
    }
  }
}

/** Steps from `home` forward to `slot` around the ring. */
function distance(home: number, slot: number, capacity: number): number {
  return slot >= home ? slot - home : slot - home + capacity;
}
