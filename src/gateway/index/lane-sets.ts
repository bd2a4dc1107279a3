/**
 * Sets of lanes (a lane = one KV-cache group of one holder), interned: equal sets have equal ids, so a run of blocks with
 * the same holders costs a match one comparison per block, and a set is stored once however many blocks have it.
 *
 * Set 0 is empty. A set's hash is the exclusive or of its members' random 64-bit values, so a neighbour set is found
 * without reading the set; membership is then compared bit by bit. Sets count the nodes that use them.
 */
import type { Rng } from "../../base/rng.js";

export const EMPTY_SET = 0;
const MIN_SETS = 64;
const MAX_LOAD = 0.6;

export class LaneSets {
  /** Words per set. */
  width = 1;
  /** Bits of set s: `bits[s * width ..]`. Replaced when it grows. */
  bits = new Int32Array(MIN_SETS);
  count = 0;
  #uses = new Int32Array(MIN_SETS);
  #hashes = new Int32Array(MIN_SETS * 2);
  #slots = new Int32Array(MIN_SETS * 2);
  #next = 1;
  readonly #free: number[] = [];
  /** Per lane: its random value (2 words) and the set of it alone. */
  #values = new Int32Array(2);
  readonly #alone: number[] = [];
  readonly #freeLanes: number[] = [];
  readonly #rng: Rng;
  // The last two steps: runs of blocks repeat them.
  #addFrom = -1;
  #addLane = -1;
  #addTo = EMPTY_SET;
  #dropFrom = -1;
  #dropLane = -1;
  #dropTo = EMPTY_SET;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  get bytes(): number {
    return this.bits.byteLength + this.#uses.byteLength + this.#hashes.byteLength + this.#slots.byteLength;
  }
  get laneCount(): number {
    return this.#alone.length;
  }

  /** A lane id that no set contains. */
  openLane(): number {
    const lane = this.#freeLanes.pop() ?? this.#alone.length;
    if (lane >= this.width * 32) this.#widen();
    if (lane * 2 >= this.#values.length) this.#values = grown(this.#values, lane * 4 + 2);
    this.#values[lane * 2] = this.#rng.u32();
    this.#values[lane * 2 + 1] = this.#rng.u32();
    const alone = this.#intern(EMPTY_SET, lane);
    this.#uses[alone] = 1;
    this.#alone[lane] = alone;
    return lane;
  }
  /** The lane must have left all sets. */
  closeLane(lane: number): void {
    this.#release(this.#alone[lane] as number);
    this.#freeLanes.push(lane);
  }

  has(set: number, lane: number): boolean {
    return (((this.bits[set * this.width + (lane >>> 5)] as number) >>> (lane & 31)) & 1) === 1;
  }
  /** `set` plus the lane, for one node: moves that node's use. The lane must not be in it. */
  add(set: number, lane: number): number {
    let to: number;
    if (set === EMPTY_SET) to = this.#alone[lane] as number;
    else if (set === this.#addFrom && lane === this.#addLane) to = this.#addTo;
    else to = this.#intern(set, lane);
    this.#uses[to] = (this.#uses[to] as number) + 1;
    if (set === EMPTY_SET) return to;
    this.#addFrom = set;
    this.#addLane = lane;
    this.#addTo = to;
    this.#release(set);
    return to;
  }
  /** `set` without the lane, for one node: moves that node's use. The lane must be in it. */
  remove(set: number, lane: number): number {
    if (set === this.#alone[lane]) {
      this.#uses[set] = (this.#uses[set] as number) - 1;
      return EMPTY_SET;
    }
    const to = set === this.#dropFrom && lane === this.#dropLane ? this.#dropTo : this.#intern(set, lane);
    this.#uses[to] = (this.#uses[to] as number) + 1;
    this.#dropFrom = set;
    this.#dropLane = lane;
    this.#dropTo = to;
    this.#release(set);
    return to;
  }

  /** The set that differs from `from` in this lane only. */
  #intern(from: number, lane: number): number {
    const low = (this.#hashes[from * 2] as number) ^ (this.#values[lane * 2] as number);
    const high = (this.#hashes[from * 2 + 1] as number) ^ (this.#values[lane * 2 + 1] as number);
    const mask = this.#slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const set = this.#slots[slot] as number;
      if (set === 0) return this.#create(from, lane, low, high);
      if (this.#hashes[set * 2] !== low || this.#hashes[set * 2 + 1] !== high) continue;
      if (this.#differsBy(from, set, lane)) return set;
    }
  }
  #differsBy(from: number, set: number, lane: number): boolean {
    const { bits, width } = this;
    for (let word = 0; word < width; word++) {
      const flip = word === lane >>> 5 ? 1 << (lane & 31) : 0;
      if (((bits[from * width + word] as number) ^ (bits[set * width + word] as number)) !== flip) return false;
    }
    return true;
  }
  #create(from: number, lane: number, low: number, high: number): number {
    const set = this.#free.pop() ?? this.#next++;
    if (set >= this.#uses.length) this.#grow();
    const { bits, width } = this;
    bits.copyWithin(set * width, from * width, (from + 1) * width);
    const word = set * width + (lane >>> 5);
    bits[word] = (bits[word] as number) ^ (1 << (lane & 31));
    this.#hashes[set * 2] = low;
    this.#hashes[set * 2 + 1] = high;
    this.#uses[set] = 0;
    if (++this.count > this.#slots.length * MAX_LOAD) this.#growSlots();
    this.#link(set, low);
    return set;
  }
  #release(set: number): void {
    const uses = (this.#uses[set] as number) - 1;
    this.#uses[set] = uses;
    if (uses > 0) return;
    this.#unlink(set);
    this.#free.push(set);
    this.count--;
    // The id may come back as another set.
    this.#addFrom = -1;
    this.#dropFrom = -1;
  }
  #link(set: number, low: number): void {
    const mask = this.#slots.length - 1;
    let slot = low & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = set;
  }
  #unlink(set: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = (this.#hashes[set * 2] as number) & mask;
    while (slots[hole] !== set) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hashes[(slots[slot] as number) * 2] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot] as number;
      hole = slot;
    }
    slots[hole] = 0;
  }
  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const set of old) if (set !== 0) this.#link(set, this.#hashes[set * 2] as number);
  }
  #grow(): void {
    const sets = this.#uses.length * 2;
    this.#uses = grown(this.#uses, sets);
    this.#hashes = grown(this.#hashes, sets * 2);
    this.bits = grown(this.bits, sets * this.width);
  }
  #widen(): void {
    const { bits, width } = this;
    const wide = new Int32Array(bits.length * 2);
    for (let set = 0; set * width < bits.length; set++) {
      wide.set(bits.subarray(set * width, (set + 1) * width), set * width * 2);
    }
    this.bits = wide;
    this.width = width * 2;
  }
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(array);
  return copy;
}
