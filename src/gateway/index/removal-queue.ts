/**
 * Removals wait here until something else happens on the stream: engines send them one hash per event, dozens in a row. All
 * tables are touched for the whole row first, so that the processor waits for many cache lines at once and not for
 * three per removal, one after the other.
 */
import type { BlockStore } from "./block-store.js";
import type { Lane } from "./holder.js";
import { removeHash } from "./removal.js";

const CAPACITY = 256;

export class RemovalQueue {
  readonly #store: BlockStore;
  readonly #low = new Int32Array(CAPACITY);
  readonly #high = new Int32Array(CAPACITY);
  readonly #nodes = new Int32Array(CAPACITY);
  #count = 0;
  #lane: Lane | undefined;
  #column = 0;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  add(lane: Lane, column: number, low: number, high: number): void {
    if (this.#count === CAPACITY || lane !== this.#lane || column !== this.#column) {
      this.flush();
      this.#lane = lane;
      this.#column = column;
    }
    this.#low[this.#count] = low;
    this.#high[this.#count++] = high;
  }

  flush(): void {
    const count = this.#count;
    const lane = this.#lane;
    if (count === 0 || lane === undefined) return;
    this.#count = 0;
    if (count > 1) this.#touch(lane, count);
    let unknown = 0;
    for (let i = 0; i < count; i++) {
      if (!removeHash(this.#store, lane, this.#column, this.#low[i] as number, this.#high[i] as number)) unknown++;
    }
    this.#store.counters.unknownRemovals += unknown;
    lane.held.shrink();
  }

  #touch(lane: Lane, count: number): void {
    const { held } = lane;
    const { nodes } = this.#store;
    let warmth = held.warm(this.#low, this.#high, 0, count);
    for (let i = 0; i < count; i++) {
      const slot = held.find(this.#low[i] as number, this.#high[i] as number);
      this.#nodes[i] = slot < 0 ? 0 : held.nodeAt(slot);
    }
    warmth ^= nodes.warmNodes(this.#nodes, count);
    this.#store.warmth ^= warmth;
  }
}
