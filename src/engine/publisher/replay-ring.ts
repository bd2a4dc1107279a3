/** The last `capacity` published batches, oldest first: vLLM's `deque(maxlen=buffer_steps)`. */
export interface PublishedBatch {
  readonly seq: number;
  readonly payload: Uint8Array;
}

export class ReplayRing {
  readonly #capacity: number;
  readonly #slots: PublishedBatch[] = [];
  /** Index of the oldest batch once the ring is full. */
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#slots.length;
  }

  append(batch: PublishedBatch): void {
    if (this.#slots.length < this.#capacity) {
      this.#slots.push(batch);
      return;
    }
    this.#slots[this.#oldest] = batch;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }

  /** Batches with `seq >= start`, ascending. Older ones that fell out are silently missing, as in vLLM. */
  *from(start: number): Generator<PublishedBatch> {
    for (let i = 0; i < this.#slots.length; i++) {
      const batch = this.#slots[(this.#oldest + i) % this.#slots.length] as PublishedBatch;
      if (batch.seq >= start) yield batch;
    }
  }
}
