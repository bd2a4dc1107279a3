/**
 * Every distinct block that somebody holds: one node per (context, prefix, tokens), found by its 64-bit chain key.
 *
 * Nodes lie in one array in the order in which they were stored, so the blocks of one event are neighbours: a match that
 * knows node n tries n + 1 first and reads memory in sequence instead of probing. The hash table beside it holds one word
 * per node: its id, and as many bits of its key as are left.
 */
import { InternalError } from "../../base/errors.js";

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

export class NodeTable {
  /** {@link NODE_WORDS} words per node. Replaced when it grows: do not keep it across `create`. */
  words: Uint32Array;
  count = 0;
  #slots = new Uint32Array(MIN_SLOTS);
  #mask = MIN_SLOTS - 1;
  #next = FIRST_NODE;
  #free = NO_NODE;
  readonly #idBits: number;
  readonly #idMask: number;

  /** @param capacity the most nodes that will ever be alive, at most {@link MAX_NODES}. */
  constructor(capacity: number) {
    this.#idBits = Math.max(8, Math.ceil(Math.log2(capacity + FIRST_NODE + 1)));
    this.#idMask = 2 ** this.#idBits - 1;
    this.words = new Uint32Array(MIN_SLOTS * NODE_WORDS);
  }

  get bytes(): number {
    return this.words.byteLength + this.#slots.byteLength;
  }

  /** The node of this key, or {@link NO_NODE}. */
  find(low: number, high: number): number {
    const { words } = this;
    const slots = this.#slots;
    const mask = this.#mask;
    const tag = high >>> this.#idBits;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const word = slots[slot] as number;
      if (word === 0) return NO_NODE;
      if (word >>> this.#idBits !== tag) continue;
      const at = (word & this.#idMask) * NODE_WORDS;
      if (words[at + KEY_LOW] === low && words[at + KEY_HIGH] === high) return word & this.#idMask;
    }
  }

  /** A new node with an empty set. The key must not be in the table. */
  create(low: number, high: number, context: number): number {
    if (this.count >= this.#slots.length * MAX_LOAD) this.#growSlots();
    const id = this.#allocate();
    const at = id * NODE_WORDS;
    this.words[at + KEY_LOW] = low;
    this.words[at + KEY_HIGH] = high;
    this.words[at + SET] = 0;
    this.words[at + CONTEXT] = context;
    this.#link(id, low, high);
    this.count++;
    return id;
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
    const grown = new Uint32Array(Math.ceil(this.words.length / NODE_WORDS / 2) * 3 * NODE_WORDS);
    grown.set(this.words);
    this.words = grown;
  }
  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const word of old) {
      if (word === 0) continue;
      const id = word & this.#idMask;
      this.#link(id, this.words[id * NODE_WORDS + KEY_LOW] as number, this.words[id * NODE_WORDS + KEY_HIGH] as number);
    }
  }
  #link(id: number, low: number, high: number): void {
    const slots = this.#slots;
    let slot = low & this.#mask;
    while (slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    slots[slot] = ((high >>> this.#idBits) << this.#idBits) | id;
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
      const home = (this.words[(word & this.#idMask) * NODE_WORDS + KEY_LOW] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = word;
      hole = slot;
    }
    slots[hole] = 0;
  }
  /** Empty again: give the memory back and start from the first id. */
  #reset(): void {
    this.words = new Uint32Array(MIN_SLOTS * NODE_WORDS);
    this.#slots = new Uint32Array(MIN_SLOTS);
    this.#mask = MIN_SLOTS - 1;
    this.#next = FIRST_NODE;
    this.#free = NO_NODE;
  }
}
