/**
 * When batches were received and applied, for whoever measures (`--trace-applied n`, `GET /applied`): every n-th live batch of
 * each stream, by its sequence number, kept until it is fetched. Batches that waited for a replay are not among them.
 */

export interface TracedStream {
  readonly engine: string;
  readonly rank: number;
}

/** What `GET /applied` answers. */
export interface AppliedBatches {
  readonly streams: readonly (readonly [engine: string, rank: number])[];
  readonly count: number;
  /** Left out because nobody fetched them in time. */
  readonly dropped: number;
  /**
   * Base64 of little-endian float64 columns of `count` each: index into `streams`, life of the stream, sequence number, received
   * and applied (host-monotonic nanoseconds). Not JSON, so that an answer does not hold up what it measures.
   */
  readonly columns: string;
}

/** Batches kept between two fetches. */
const MAX_KEPT = 1 << 16;
const COLUMNS = 5;

export class AppliedTrace {
  readonly #every: number;
  readonly #streams = new Map<TracedStream, number>();
  readonly #rows = Array.from({ length: COLUMNS }, () => new Float64Array(MAX_KEPT));
  #count = 0;
  #dropped = 0;

  /** `every`: 1 = all batches. */
  constructor(every: number) {
    this.#every = every;
  }

  wants(seq: number): boolean {
    return seq % this.#every === 0;
  }

  note(stream: TracedStream, life: number, seq: number, receivedNs: number, appliedNs: number): void {
    if (this.#count === MAX_KEPT) {
      this.#dropped++;
      return;
    }
    let index = this.#streams.get(stream);
    if (index === undefined) this.#streams.set(stream, (index = this.#streams.size));
    const at = this.#count++;
    const [indices, lives, seqs, received, applied] = this.#rows as [Column, Column, Column, Column, Column];
    indices[at] = index;
    lives[at] = life;
    seqs[at] = seq;
    received[at] = receivedNs;
    applied[at] = appliedNs;
  }

  /** Everything kept; each batch is handed out once. */
  take(): AppliedBatches {
    const streams = [...this.#streams.keys()].map(({ engine, rank }) => [engine, rank] as const);
    const count = this.#count;
    const parts = this.#rows.map((row) => new Uint8Array(row.buffer, 0, count * row.BYTES_PER_ELEMENT));
    const answer = { streams, count, dropped: this.#dropped, columns: Buffer.concat(parts).toString("base64") };
    this.#streams.clear();
    this.#count = 0;
    this.#dropped = 0;
    return answer;
  }
}

type Column = Float64Array;
