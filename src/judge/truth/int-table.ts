/**
 * A set of non-negative int32 keys, each with a dense index 0, 1, 2… in order of arrival, so that facts about the keys can
 * live in plain typed arrays. Open addressing, linear probing; about 13 bytes per key. The judge keeps millions of them:
 * a JS Map costs about 40 bytes per entry and stops at 16.7 million.
 */
const FIRST_SLOTS = 64;
/** Grow when more than this share of the slots is used. */
const MAX_LOAD = 0.6;

export class IntTable {
  #slots = new Int32Array(FIRST_SLOTS).fill(-1);
  #shift = 32 - Math.log2(FIRST_SLOTS);
  #keys = new Int32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  keyAt(index: number): number {
    return this.#keys[index] as number;
  }

  /** Dense index of `key`, or -1. */
  find(key: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = Math.imul(key, 0x9e3779b1) >>> this.#shift; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot] as number;
      if (index < 0 || this.#keys[index] === key) return index;
    }
  }

  /** Dense index of `key`, which is added when it is new (then the index equals the former size). */
  add(key: number): number {
    const found = this.find(key);
    if (found >= 0) return found;
    if (this.#size + 1 > this.#slots.length * MAX_LOAD) this.#grow();
    if (this.#size === this.#keys.length) this.#keys = enlarged(this.#keys);
    this.#keys[this.#size] = key;
    this.#place(key, this.#size);
    return this.#size++;
  }

  #place(key: number, index: number): void {
    const mask = this.#slots.length - 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> this.#shift;
    while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    this.#shift -= 1;
    for (let index = 0; index < this.#size; index++) this.#place(this.#keys[index] as number, index);
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
