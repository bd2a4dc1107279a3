/**
 * A set of non-negative int32 keys, each with a dense index 0, 1, 2… in order of arrival, so that facts about the keys can
 * live in plain typed arrays. Open addressing, linear probing; 16 to 32 bytes per key. The judge keeps millions of them: a
 * JS Map costs more and stops at 16.7 million.
 *
 * Neighbouring keys get neighbouring slots: the blocks of one prompt are numbered in a row and looked up in a row, so a walk
 * along a prompt meets one cache line instead of one per block (measured: walks in half the time).
 */
const FIRST_SLOTS = 64;
/** Slots are used up to one half. */
const SLOTS_PER_KEY = 2;
const EMPTY = -1;
/** 2^3 neighbours share a place. */
const NEIGHBOUR_BITS = 3;
const NEIGHBOURS = (1 << NEIGHBOUR_BITS) - 1;

export class IntTable {
  #keys = new Int32Array(FIRST_SLOTS).fill(EMPTY);
  #indices = new Int32Array(FIRST_SLOTS);
  #shift = 32 - (Math.log2(FIRST_SLOTS) - NEIGHBOUR_BITS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Dense index of `key`, or -1. */
  find(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = ((Math.imul(key >>> NEIGHBOUR_BITS, 0x9e3779b1) >>> this.#shift) << NEIGHBOUR_BITS) | (key & NEIGHBOURS);
    for (;;) {
      const found = keys[slot] as number;
      if (found === key) return this.#indices[slot] as number;
      if (found === EMPTY) return -1;
      slot = (slot + 1) & mask;
    }
  }

  /** Dense index of `key`, which is added when it is new (then the index equals the former size). */
  add(key: number): number {
    const found = this.find(key);
    if (found >= 0) return found;
    if ((this.#size + 1) * SLOTS_PER_KEY > this.#keys.length) this.#grow();
    this.#place(key, this.#size);
    return this.#size++;
  }

  #place(key: number, index: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = ((Math.imul(key >>> NEIGHBOUR_BITS, 0x9e3779b1) >>> this.#shift) << NEIGHBOUR_BITS) | (key & NEIGHBOURS);
    while (keys[slot] !== EMPTY) slot = (slot + 1) & mask;
    keys[slot] = key;
    this.#indices[slot] = index;
  }

  #grow(): void {
    const keys = this.#keys;
    const indices = this.#indices;
    this.#keys = new Int32Array(keys.length * 2).fill(EMPTY);
    this.#indices = new Int32Array(keys.length * 2);
    this.#shift -= 1;
    for (let slot = 0; slot < keys.length; slot++) {
      if (keys[slot] !== EMPTY) this.#place(keys[slot] as number, indices[slot] as number);
    }
  }
}

type NumberArray = Int32Array | Uint32Array | Float64Array | Uint16Array | Uint8Array;

/** A copy of `array` with room for half as much again, at least `atLeast` elements; new elements are 0. */
export function enlarged<A extends NumberArray>(array: A, atLeast = 0): A {
  const length = Math.max(atLeast, Math.ceil(array.length * 1.5) + 16);
  const larger = new (array.constructor as new (length: number) => A)(length);
  larger.set(array);
  return larger;
}
