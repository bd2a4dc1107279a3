/**
 * The recent past of one holder: closed intervals [since, until] in which a block was held, newest per block first. A ring
 * in typed arrays; what ended before the horizon is forgotten, so its size follows the rate of removals, not the length of
 * the run.
 */
const FIRST_CAPACITY = 64;

export class IntervalLog {
  #since = new Float64Array(FIRST_CAPACITY);
  #until = new Float64Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #head = 0;
  #tail = 0;

  /** Records an interval; `previous` is the number of the block's next older one, or -1. Returns this one's number. */
  push(since: number, until: number, previous: number): number {
    if (this.#tail - this.#head === this.#since.length) this.#grow();
    const slot = this.#tail & (this.#since.length - 1);
    this.#since[slot] = since;
    this.#until[slot] = until;
    this.#previous[slot] = previous;
    return this.#tail++;
  }

  /** Forgets intervals that ended before `horizon`, oldest first. */
  forget(horizon: number): void {
    const mask = this.#since.length - 1;
    while (this.#head < this.#tail && (this.#until[this.#head & mask] as number) < horizon) this.#head++;
  }

  has(number: number): boolean {
    return number >= this.#head;
  }
  since(number: number): number {
    return this.#since[number & (this.#since.length - 1)] as number;
  }
  until(number: number): number {
    return this.#until[number & (this.#since.length - 1)] as number;
  }
  previous(number: number): number {
    return this.#previous[number & (this.#since.length - 1)] as number;
  }

  #grow(): void {
    const from = { since: this.#since, until: this.#until, previous: this.#previous, mask: this.#since.length - 1 };
    const capacity = this.#since.length * 2;
    this.#since = new Float64Array(capacity);
    this.#until = new Float64Array(capacity);
    this.#previous = new Int32Array(capacity);
    for (let number = this.#head; number < this.#tail; number++) {
      const old = number & from.mask;
      const slot = number & (capacity - 1);
      this.#since[slot] = from.since[old] as number;
      this.#until[slot] = from.until[old] as number;
      this.#previous[slot] = from.previous[old] as number;
    }
  }
}
