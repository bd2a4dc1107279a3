/**
 * Every distinct block that somebody holds: one node per (context, prefix, tokens), found by its 64-bit chain key.
 *
 * Nodes lie in one array in the order in which they were stored, so the blocks of one event are neighbours: a match that
 * knows node n tries n + 1 first and reads memory in sequence instead of probing. The hash table beside it holds one word
 * per node: its id, how far it lies from its home, and as many bits of its key as are left.
 */
import { InternalError } from "../../base/errors.js";
import { RunStarts } from "./run-starts.js";

/** Words of a node. A free node has set 0 and its `CONTEXT` names the next free one. */
export const NODE_WORDS = 4;
export const KEY_LOW = 0;
export const KEY_HIGH = 1;
export const SET = 2;
export const CONTEXT = 3;

/** Node 0 = an empty slot of a residency table, node 1 = known by hash alone; real ones follow. */
export const NO_NODE = 0;
export const UNPLACED = 1;
const FIRST_NODE = 2;

/** Ids have at most 24 bits, so that at least 8 bits of the key filter a probe. */
export const MAX_NODES = 2 ** 24 - FIRST_NODE;
const MIN_SLOTS = 1024;
const MAX_LOAD = 0.7;

/** Bits for the distance from home; the largest value means "look at the key". */
const FAR_BITS = 3;
const FAR = 2 ** FAR_BITS - 1;

export class NodeTable {
  /** {@link NODE_WORDS} words per node. Replaced when it grows: do not keep it across `findOrCreate`. */
  words: Int32Array;
  count = 0;
  /** key bits << tagShift | distance << idBits | id; 0 = empty. */
  #slots = new Int32Array(MIN_SLOTS);
  #mask = MIN_SLOTS - 1;
  #next = FIRST_NODE;
  #free = NO_NODE;
  readonly #runs = new RunStarts();
  readonly #idBits: number;
  readonly #idMask: number;
  readonly #tagShift: number;

  /** @param capacity the most nodes that will ever be alive, at most {@link MAX_NODES}. */
  constructor(capacity: number) {
    this.#idBits = Math.max(8, Math.ceil(Math.log2(capacity + FIRST_NODE + 1)));
    this.#idMask = 2 ** this.#idBits - 1;
    this.#tagShift = this.#idBits + FAR_BITS;
    this.words = new Int32Array(MIN_SLOTS * NODE_WORDS);
  }

  get bytes(): number {
    return this.words.byteLength + this.#slots.byteLength + this.#runs.bytes;
  }

  /** The node of this key, or {@link NO_NODE}. */
  find(low: number, high: number): number {
    const guess = this.#runs.guess(low, high);
    const at = guess * NODE_WORDS;
    const { words } = this;
    if (guess !== NO_NODE && words[at + KEY_LOW] === low && words[at + KEY_HIGH] === high && words[at + SET] !== 0)
      return guess;
    const slot = this.#probe(low, high);
    if (slot < 0) return NO_NODE;
    const id = (this.#slots[slot] as number) & this.#idMask;
    this.#runs.note(low, high, id);
    return id;
  }
  /** A row of neighbours begins at this node: what follows in its chain was stored with it. */
  beginsRun(low: number, high: number, id: number): void {
    this.#runs.note(low, high, id);
  }
  /** The node of this key; a new one has an empty set, and the caller fills it before the next call. */
  findOrCreate(low: number, high: number, context: number): number {
    let slot = this.#probe(low, high);
    if (slot >= 0) return (this.#slots[slot] as number) & this.#idMask;
    if (this.count >= this.#slots.length * MAX_LOAD) {
      this.#growSlots();
      slot = this.#probe(low, high);
    }
    const id = this.#allocate();
    const at = id * NODE_WORDS;
    this.words[at + KEY_LOW] = low;
    this.words[at + KEY_HIGH] = high;
    this.words[at + SET] = 0;
    this.words[at + CONTEXT] = context;
    this.#put(~slot, id, low, high);
    this.count++;
    return id;
  }
  /** Touches the slots of `count` keys ([low, high] each), as Residency.warm does. */
  warm(keys: Int32Array, count: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= slots[(keys[2 * i] as number) & mask] as number;
    return sum;
  }
  /** Touches some nodes and their slots. */
  warmNodes(ids: Int32Array, count: number): number {
    const { words } = this;
    const slots = this.#slots;
    const mask = this.#mask;
    let sum = 0;
    for (let i = 0; i < count; i++)
      sum ^= slots[(words[(ids[i] as number) * NODE_WORDS + KEY_LOW] as number) & mask] as number;
    return sum;
  }
  /** Slot of the key, or ~(the empty slot where it would be put). */
  #probe(low: number, high: number): number {
    const { words } = this;
    const slots = this.#slots;
    const mask = this.#mask;
    const tag = high >>> this.#tagShift;
    let slot = low & mask;
    for (let word = slots[slot] as number; word !== 0; word = slots[slot] as number) {
      if (word >>> this.#tagShift === tag) {
        const at = (word & this.#idMask) * NODE_WORDS;
        if (words[at + KEY_LOW] === low && words[at + KEY_HIGH] === high) return slot;
      }
      slot = (slot + 1) & mask;
    }
    return ~slot;
  }
  #put(slot: number, id: number, low: number, high: number): void {
    const far = Math.min((slot - low) & this.#mask, FAR);
    this.#slots[slot] = ((high >>> this.#tagShift) << this.#tagShift) | (far << this.#idBits) | id;
  }

  /** Forgets a node that nobody holds. Its id may be given out again at once. */
  free(id: number): void {
    const at = id * NODE_WORDS;
    this.#unlink(id, this.words[at + KEY_LOW] as number);
    this.words[at + SET] = 0;
    this.words[at + CONTEXT] = this.#free;
    this.#free = id;
    if (--this.count === 0) this.#reset();
  }

  #allocate(): number {
    const reused = this.#free;
    if (reused !== NO_NODE) {
      this.#free = this.words[reused * NODE_WORDS + CONTEXT] as number;
      return reused;
    }
    // One node more than used, so that "the next node" can always be read.
    if ((this.#next + 2) * NODE_WORDS > this.words.length) this.#growWords();
    return this.#next++;
  }
  #growWords(): void {
    const grown = new Int32Array(Math.ceil(this.words.length / NODE_WORDS / 2) * 3 * NODE_WORDS);
    grown.set(this.words);
    this.words = grown;
  }
  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    this.#slots = slots;
    this.#mask = slots.length - 1;
    this.#runs.resize(slots.length);
    const { words } = this;
    for (let id = FIRST_NODE; id < this.#next; id++) {
      const at = id * NODE_WORDS;
      if (words[at + SET] === 0) continue;
      const low = words[at + KEY_LOW] as number;
      let slot = low & this.#mask;
      while (slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#put(slot, id, low, words[at + KEY_HIGH] as number);
    }
  }
  /** Removes the slot and moves later ones of the cluster back, so that there are no tombstones. */
  #unlink(id: number, low: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = low & mask;
    for (let steps = 0; ((slots[hole] as number) & this.#idMask) !== id; hole = (hole + 1) & mask) {
      if (steps++ > mask) throw new InternalError(`node ${id} is not in the table`);
    }
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const word = slots[slot] as number;
      const back = (slot - hole) & mask;
      const far = this.#distance(word, slot);
      if (far < back) continue;
      slots[hole] = (word & ~(FAR << this.#idBits)) | (Math.min(far - back, FAR) << this.#idBits);
      hole = slot;
    }
    slots[hole] = 0;
  }
  /** How far the word in this slot lies from its home. */
  #distance(word: number, slot: number): number {
    const far = (word >>> this.#idBits) & FAR;
    if (far < FAR) return far;
    return (slot - (this.words[(word & this.#idMask) * NODE_WORDS + KEY_LOW] as number)) & this.#mask;
  }
  /** Empty again: give the memory back and start from the first id. */
  #reset(): void {
    this.words = new Int32Array(MIN_SLOTS * NODE_WORDS);
    this.#slots = new Int32Array(MIN_SLOTS);
    this.#mask = MIN_SLOTS - 1;
    this.#runs.resize(MIN_SLOTS);
    this.#next = FIRST_NODE;
    this.#free = NO_NODE;
  }
}
