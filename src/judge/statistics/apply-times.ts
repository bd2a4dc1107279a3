/**
 * From the SUT's own trace and the ledgers: how long after its emission, and after its reception, each traced batch was applied.
 * One pair of distributions per step of a load; outside such steps, one for the whole steady phase.
 */
import type { AppliedRecord } from "../history/load-records.js";
import type { HistoryRecord, LedgerEntry } from "../history/records.js";
import { LatencyHistogram } from "./histogram.js";

/** Emissions that wait for their trace, per stream; what the SUT has not told of by then counts as untold. */
const MAX_WAITING = 1 << 17;
const WINDOW_NS = 2e9;

export class ApplyLatencies {
  readonly sinceReceived = new LatencyHistogram();
  readonly sinceEmitted = new LatencyHistogram();
  /** Emitted batches of which the SUT should have told. */
  expected = 0;
  /** Of which it did. */
  told = 0;

  add(other: ApplyLatencies): void {
    this.sinceReceived.add(other.sinceReceived);
    this.sinceEmitted.add(other.sinceEmitted);
    this.expected += other.expected;
    this.told += other.told;
  }
}

/** One histogram is open at a time; batches that are told of late count in the window that is open. */
class Windows {
  readonly #p99s: number[] = [];
  readonly #open = new LatencyHistogram();
  #window = 0;

  note(sinceBeginNs: number, latencyNs: number): void {
    const window = Math.floor(sinceBeginNs / WINDOW_NS);
    if (window > this.#window) this.#close(window);
    this.#open.recordNs(latencyNs);
  }

  /** Of whole windows. */
  p99s(): readonly number[] {
    return this.#p99s;
  }

  #close(next: number): void {
    if (this.#open.count > 0) this.#p99s.push(this.#open.percentileMs(99));
    this.#open.reset();
    this.#window = next;
  }
}

export class ApplyTimes {
  readonly #every: number;
  /** Emission times by stream and sequence number, first life only. */
  readonly #emitted = new Map<string, Map<number, number>>();
  #open = new ApplyLatencies();
  #windows = new Windows();
  #since = Number.POSITIVE_INFINITY;

  /** `every` = the trace's; 0 = nothing is traced. */
  constructor(every: number) {
    this.#every = every;
  }

  note(record: HistoryRecord): void {
    if (this.#every === 0) return;
    if (record.k === "ledger") this.#emission(record);
    else if (record.k === "applied") this.#applied(record);
    else if (record.k === "phase" && record.name === "steady") this.#begin(record.at);
  }

  /** p99 of reception to application of each window of the present step, in order. */
  get windows(): readonly number[] {
    return this.#windows.p99s();
  }

  /** Ends the account of a step that began at `startedAt` and hands it out; the next begins now. */
  take(now: number): ApplyLatencies {
    const taken = this.#open;
    this.#begin(now);
    return taken;
  }

  #begin(at: number): void {
    this.#open = new ApplyLatencies();
    this.#windows = new Windows();
    this.#since = at;
  }

  #emission({ engine, rank, epoch, seq, at, wire }: LedgerEntry): void {
    if (epoch !== 1 || wire !== undefined || seq % this.#every !== 0) return;
    if (at >= this.#since) this.#open.expected++;
    const key = `${engine}#${rank}`;
    let waiting = this.#emitted.get(key);
    if (waiting === undefined) this.#emitted.set(key, (waiting = new Map<number, number>()));
    if (waiting.size >= MAX_WAITING) waiting.delete(waiting.keys().next().value as number);
    waiting.set(seq, at);
  }

  #applied({ engine, rank, life, batches }: AppliedRecord): void {
    const waiting = this.#emitted.get(`${engine}#${rank}`);
    if (life !== 1 || waiting === undefined) return;
    for (const [seq, received, applied] of batches) {
      const emitted = waiting.get(seq);
      if (emitted === undefined) continue;
      waiting.delete(seq);
      if (emitted < this.#since) continue;
      this.#open.told++;
      this.#open.sinceReceived.recordNs(applied - received);
      this.#windows.note(applied - this.#since, applied - received);
      this.#open.sinceEmitted.recordNs(applied - emitted);
    }
  }
}
