/**
 * Lanes that were cleared or whose engine left. No answer names them any more from that moment; what they held is taken out of
 * the tables afterwards, some slots with each batch, so that losing an engine of any size stalls nobody. Until
 * then their entries count against the cap, and their bits are not given to others.
 */
import type { Lane } from "./holder.js";

export class RetiredLanes {
  /** Bits of retired lanes; at least as wide as the lane sets. */
  bits = new Int32Array(1);
  /** Entries not yet taken out. */
  entries = 0;
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
  /**
   * Visits up to `slots` slots. `leave` takes one node from a lane; `close` follows its last one.
   * Returns the entries taken out.
   */
  sweep(slots: number, leave: (lane: Lane, node: number) => void, close: (lane: Lane) => void): number {
    const before = this.entries;
    let budget = slots;
    for (let first = this.#lanes[0]; first !== undefined && budget > 0; first = this.#lanes[0]) {
      const { lane } = first;
      const { held } = lane;
      const end = Math.min(held.capacity, first.slot + budget);
      for (let slot = first.slot; slot < end; slot++) {
        if (!held.isPlaced(slot)) continue;
        leave(lane, held.nodeAt(slot));
        this.entries--;
      }
      budget -= end - first.slot;
      first.slot = end;
      if (end < held.capacity) break;
      this.#lanes.shift();
      this.#flip(lane);
      close(lane);
    }
    return before - this.entries;
  }
  #flip({ bit }: Lane): void {
    const word = bit >>> 5;
    this.bits[word] = (this.bits[word] as number) ^ (1 << (bit & 31));
  }
}
