/**
 * Lanes that were cleared or whose engine left. No answer names them any more from that moment; what they held is taken out of
 * the tables afterwards, some slots with each batch, so that losing an engine of any size stalls nobody. Until
 * then their entries count against the cap, and their bits are not given to others.
 */
import type { Lane } from "./holder.js";

/** Slots visited at a time, so that their nodes are touched together (removal-queue.ts says why). */
const ROW = 256;

export interface SweptTables {
  touch(nodes: Int32Array, count: number): void;
  leave(lane: Lane, node: number): void;
  /** The lane has left its last node. */
  close(lane: Lane): void;
}

export class RetiredLanes {
  /** Bits of retired lanes; at least as wide as the lane sets. */
  bits = new Int32Array(1);
  /** Entries not yet taken out. */
  entries = 0;
  readonly #row = new Int32Array(ROW);
  readonly #lanes: { readonly lane: Lane; slot: number }[] = [];

  get count(): number {
    return this.#lanes.length;
  }
  get bytes(): number {
    return this.#lanes.reduce((sum, { lane }) => sum + lane.held.bytes, 0);
  }
  widen(width: number): void {
    if (width <= this.bits.length) return;
    const bits = new Int32Array(width);
    bits.set(this.bits);
    this.bits = bits;
  }
  add(lane: Lane): void {
    this.#lanes.push({ lane, slot: 0 });
    this.entries += lane.held.count - lane.unplaced;
    this.#flip(lane);
  }
  /** Visits up to `slots` slots. Returns the entries taken out. */
  sweep(slots: number, tables: SweptTables): number {
    const before = this.entries;
    let budget = slots;
    for (let first = this.#lanes[0]; first !== undefined && budget > 0; first = this.#lanes[0]) {
      const { lane } = first;
      const end = Math.min(lane.held.capacity, first.slot + Math.min(budget, ROW));
      this.#sweepRow(lane, first.slot, end, tables);
      budget -= end - first.slot;
      first.slot = end;
      if (end < lane.held.capacity) continue;
      this.#lanes.shift();
      this.#flip(lane);
      tables.close(lane);
    }
    return before - this.entries;
  }
  #sweepRow(lane: Lane, from: number, to: number, tables: SweptTables): void {
    const row = this.#row;
    let count = 0;
    for (let slot = from; slot < to; slot++) if (lane.held.isPlaced(slot)) row[count++] = lane.held.nodeAt(slot);
    tables.touch(row, count);
    for (let i = 0; i < count; i++) tables.leave(lane, row[i] as number);
    this.entries -= count;
  }
  #flip({ bit }: Lane): void {
    const word = bit >>> 5;
    this.bits[word] = (this.bits[word] as number) ^ (1 << (bit & 31));
  }
}
