/** Bytes that are on their way: each with the moment at which it may arrive. They never overtake each other. */
interface Passenger {
  readonly bytes: Uint8Array;
  readonly enteredMs: number;
  readonly dueMs: number;
}

export class DelayLine {
  #queue: Passenger[] = [];
  #first = 0;
  #bytes = 0;
  /** While true nothing arrives. */
  closed = false;

  get bytes(): number {
    return this.#bytes;
  }
  get empty(): boolean {
    return this.#first === this.#queue.length;
  }
  /** When the next piece may arrive; infinity when there is none, or the line is closed. */
  get nextMs(): number {
    const next = this.#queue[this.#first];
    return next === undefined || this.closed ? Number.POSITIVE_INFINITY : next.dueMs;
  }

  /** `dueMs` may not be earlier than that of the piece before. */
  enter(bytes: Uint8Array, nowMs: number, dueMs: number): void {
    this.#queue.push({ bytes, enteredMs: nowMs, dueMs });
    this.#bytes += bytes.length;
  }

  /** The next piece that is due, with the time it was under way; undefined when there is none. */
  leave(nowMs: number): { readonly bytes: Uint8Array; readonly waitedMs: number } | undefined {
    if (this.nextMs > nowMs) return undefined;
    const { bytes, enteredMs } = this.#queue[this.#first++] as Passenger;
    this.#bytes -= bytes.length;
    if (this.empty) {
      this.#queue = [];
      this.#first = 0;
    }
    return { bytes, waitedMs: nowMs - enteredMs };
  }

  /** Whatever delayed them is over: all may arrive now, in order. */
  hurry(nowMs: number): void {
    this.#queue = this.#queue.slice(this.#first).map((passenger) => ({ ...passenger, dueMs: nowMs }));
    this.#first = 0;
  }

  /** Everything under way is lost; returns how many bytes. */
  lose(): number {
    const lost = this.#bytes;
    this.#queue = [];
    this.#first = 0;
    this.#bytes = 0;
    return lost;
  }
}
