/** What a trace holds, per stream, in numbers. */
import { type HoleRecord, streamName, type TraceRecord, type TraceStream } from "./trace-records.js";

/** Holes listed by name; more are only counted. */
const MAX_LISTED_HOLES = 1000;

export interface StreamTotals {
  readonly name: string;
  lives: number;
  batches: number;
  replayed: number;
  /** Numbers that are missing. */
  missing: number;
  odd: number;
  payloadBytes: number;
  /** First number of the first life; above 0 the recording came late. */
  first: number | null;
  last: number | null;
}

export class TraceTotals {
  readonly holes: HoleRecord[] = [];
  readonly #streams: StreamTotals[];

  constructor(streams: readonly TraceStream[]) {
    this.#streams = streams.map((stream) => ({
      name: streamName(stream),
      lives: 0,
      batches: 0,
      replayed: 0,
      missing: 0,
      odd: 0,
      payloadBytes: 0,
      first: null,
      last: null,
    }));
  }

  add(record: TraceRecord): void {
    const totals = this.#streams[record.stream] as StreamTotals;
    totals.lives = Math.max(totals.lives, record.life);
    if (record.kind === "odd") totals.odd++;
    if (record.kind === "hole") {
      totals.missing += record.to - record.from + 1;
      if (this.holes.length < MAX_LISTED_HOLES) this.holes.push(record);
    }
    if (record.kind !== "batch") return;
    totals.batches++;
    if (record.via === "replay") totals.replayed++;
    totals.payloadBytes += record.payload.length;
    totals.first ??= record.seq;
    totals.last = record.seq;
  }

  streams(): readonly StreamTotals[] {
    return this.#streams;
  }
}
