/** When the last batches of one stream's life were emitted: as many as its replay ring keeps, and one more. */
import { enlarged } from "./int-table.js";

/** Rings larger than this are never outrun in a run that can be judged; nothing is kept for them. */
const MAX_RING = 1 << 16;

export class EmitTimes {
  #times = new Float64Array(0);
  #count = 0;

  /** Batch numbers count from 0 without holes. */
  note(at: number, ring: number): void {
    if (ring >= MAX_RING) return;
    const size = ring + 1;
    const slot = this.#count++ % size;
    if (slot >= this.#times.length) this.#times = enlarged(this.#times, slot + 1);
    this.#times[slot] = at;
  }

  restart(): void {
    this.#count = 0;
  }

  /** When the newest batch that the ring does not keep any more was emitted; undefined while it keeps all. */
  newestOutside(ring: number): number | undefined {
    return ring >= MAX_RING || this.#count <= ring ? undefined : this.#times[(this.#count - ring - 1) % (ring + 1)];
  }

  /** When the oldest batch of a full ring was emitted; undefined while there is room. */
  oldestKept(ring: number): number | undefined {
    return ring >= MAX_RING || this.#count < ring ? undefined : this.#times[(this.#count - ring) % (ring + 1)];
  }
}
