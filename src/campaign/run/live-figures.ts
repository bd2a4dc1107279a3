/** Figures of a run as it goes: the live line and `metrics.ndjson`, one line per second. The judge measures for itself. */
import { NS_PER_MS } from "../../base/clock.js";
import type { FaultRecord, HistoryRecord } from "../../judge/history/records.js";
import { LatencyHistogram } from "../../judge/statistics/histogram.js";

/** One line of `metrics.ndjson`. Percentiles are of this second; null where nothing ended in it. */
export interface Second {
  readonly t_ms: number;
  readonly phase: string;
  readonly offered: number;
  readonly requests: number;
  readonly request_errors: number;
  readonly in_flight: number;
  readonly request_p50_ms: number | null;
  readonly request_p99_ms: number | null;
  readonly queries: number;
  readonly query_errors: number;
  readonly query_p50_ms: number | null;
  readonly query_p99_ms: number | null;
  readonly engines: number;
}

class Measure {
  readonly #latency = new LatencyHistogram();
  count = 0;
  errors = 0;

  note(ns: number, failed: boolean): void {
    this.count++;
    if (failed) this.errors++;
    else this.#latency.recordNs(ns);
  }

  percentile(percent: number): number | null {
    return this.#latency.count === 0 ? null : this.#latency.percentileMs(percent);
  }

  reset(): void {
    this.#latency.reset();
    this.count = 0;
    this.errors = 0;
  }
}

export class LiveFigures {
  readonly #requests = new Measure();
  readonly #queries = new Measure();
  phase = "start";
  /** Faults in force, as `id (kind)`. */
  readonly faults = new Map<string, string>();

  note(record: HistoryRecord): void {
    if (record.k === "phase") this.phase = record.name;
    else if (record.k === "fault") this.#fault(record);
    else if (record.k === "query") this.#queries.note(record.ret - record.inv, record.error !== undefined);
    else if (record.k === "route" && !record.dry)
      this.#requests.note(record.ret - record.due, record.error !== undefined);
  }

  #fault({ id, fault, event }: FaultRecord): void {
    if (event === "recovered" || event === "failed") this.faults.delete(id);
    else this.faults.set(id, `${id} (${fault}${event === "injected" ? "" : `, ${event}`})`);
  }

  /** Closes a second of the series. */
  second(
    sinceStartNs: number,
    now: { readonly offered: number; readonly inFlight: number; readonly engines: number },
  ): Second {
    const [requests, queries] = [this.#requests, this.#queries];
    const second: Second = {
      t_ms: Math.round(sinceStartNs / NS_PER_MS),
      phase: this.phase,
      offered: now.offered,
      requests: requests.count,
      request_errors: requests.errors,
      in_flight: now.inFlight,
      request_p50_ms: requests.percentile(50),
      request_p99_ms: requests.percentile(99),
      queries: queries.count,
      query_errors: queries.errors,
      query_p50_ms: queries.percentile(50),
      query_p99_ms: queries.percentile(99),
      engines: now.engines,
    };
    requests.reset();
    queries.reset();
    return second;
  }
}
