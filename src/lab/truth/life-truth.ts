/**
 * One life of one stream, from what a tap recorded to ledger records: numbers from 0 without a hole, nobody else's life among them.
 * Whatever is missing or unreadable is a gap in the truth, with its reason. No socket, no file.
 *
 * Time: a ledger's `at_ns` is taken just before bytes leave. Here it is when the engine built the batch, by the batch's own
 * statement, which comes before any consumer could know; the engine's wall clock must therefore be the runner's.
 */
import { NS_PER_MS, NS_PER_S } from "../../base/clock.js";
import { asError } from "../../base/errors.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { KvEventBatch } from "../../protocol/kv-event.js";
import { decodeBatchObjects } from "../../protocol/kv-event-objects.js";
import type { BatchRecord, TraceRecord } from "../../streams/trace/trace-records.js";
import type { ToldBlocks } from "./told-blocks.js";

/** Wall clocks of one machine, read by two programs, agree to this. */
const CLOCK_TOLERANCE_S = 0.05;
/** A batch that comes live comes this soon after it was built; else the two clocks are not one. */
const MAX_LIVE_AGE_S = 10;

export interface LifeOf {
  readonly engine: string;
  readonly epoch: number;
  readonly rank: number;
}

/** What both clocks said at one moment. */
export interface Moment {
  readonly ns: number;
  readonly wallS: number;
}

export interface LifeSink {
  append(record: LedgerRecord): void;
  gap(problem: string): void;
}

export class LifeTruth {
  readonly #of: LifeOf;
  readonly #blocks: ToldBlocks;
  readonly #began: Moment;
  readonly #sink: LifeSink;
  #next = 0;
  #lastAt = 0;
  #clockDoubted = false;
  #foreign: string | null = null;

  constructor(of: LifeOf, blocks: ToldBlocks, began: Moment, sink: LifeSink) {
    this.#of = of;
    this.#blocks = blocks;
    this.#began = began;
    this.#sink = sink;
  }

  /** Batches known until now. */
  get batches(): number {
    return this.#next;
  }

  /**
   * Why another publisher is heard in its place; null = none is. Where the lab knows that the life is over that is as it should be:
   * a socket connects again by itself.
   */
  get foreign(): string | null {
    return this.#foreign;
  }

  take(record: TraceRecord, now: Moment): void {
    if (record.life > 1) return this.#otherLife(record);
    if (record.kind === "batch") this.#batch(record, now);
    else if (record.kind === "hole") {
      this.#sink.gap(`${numbers(record.from, record.to)} never came (${record.why})`);
      this.#next = record.to + 1;
    } else if (record.kind === "odd") this.#sink.gap(`a message was no batch: ${record.problem}`);
  }

  /** What follows is another life's, which its own tap reads. */
  #otherLife(record: TraceRecord): void {
    this.#foreign ??= record.kind === "life" ? record.why : "another life spoke";
  }

  #batch(record: BatchRecord, now: Moment): void {
    const { seq } = record;
    if (seq > this.#next) this.#sink.gap(`${numbers(this.#next, seq - 1)} were gone before the tap could ask for them`);
    this.#next = seq + 1;
    let batch: KvEventBatch;
    try {
      batch = decodeBatchObjects(record.payload);
    } catch (thrown) {
      return this.#sink.gap(`batch ${seq} cannot be read: ${asError(thrown).message}`);
    }
    if (batch.rank !== undefined && batch.rank !== null && batch.rank !== this.#of.rank)
      this.#sink.gap(`batch ${seq} is of rank ${batch.rank}`);
    const { changes, problems } = this.#blocks.read(batch.events);
    for (const problem of problems) this.#sink.gap(`batch ${seq}: ${problem}`);
    this.#sink.append({ ...this.#of, seq, at_ns: this.#builtAt(batch.ts, record, now), changes });
  }

  /** Never before the life began or the batch before, never after its receipt. */
  #builtAt(ts: number, { seq, via }: BatchRecord, now: Moment): number {
    const ageS = now.wallS - ts;
    const early = ts < this.#began.wallS - CLOCK_TOLERANCE_S;
    if (!this.#clockDoubted && (ageS < -CLOCK_TOLERANCE_S || early || (via === "live" && ageS > MAX_LIVE_AGE_S))) {
      this.#clockDoubted = true;
      const ms = Math.round((ageS * NS_PER_S) / NS_PER_MS);
      this.#sink.gap(`batch ${seq} came ${ms} ms after the time that it states: its clock is not the runner's`);
    }
    const builtAt = Math.round(now.ns - ageS * NS_PER_S);
    this.#lastAt = Math.max(this.#lastAt, this.#began.ns, Math.min(builtAt, now.ns));
    return this.#lastAt;
  }
}

function numbers(from: number, to: number): string {
  return from === to ? `batch ${from}` : `batches ${from} to ${to}`;
}
