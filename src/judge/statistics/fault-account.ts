/** What the system under test itself had to say about one fault: alike log lines once, each metric's way from first to last. */
import type { LogRecord, MetricRecord } from "../history/records.js";
import type { MovedMetric, SaidLine } from "../verdict.js";

/** Kinds of lines and metrics kept per fault; more would tell a reader nothing more. */
const MAX_LINES = 40;
const MAX_METRICS = 60;

type Line = { -readonly [K in keyof SaidLine]: SaidLine[K] };
type Metric = { -readonly [K in keyof MovedMetric]: MovedMetric[K] };

export class FaultAccount {
  readonly #lines = new Map<string, Line>();
  readonly #metrics = new Map<string, Metric>();

  said(record: LogRecord, tMs: number): void {
    const { level, message, suppressed = 0 } = record;
    const engine = record.engine ?? null;
    // Numbers differ from line to line; what is said does not.
    const key = `${level} ${engine} ${message.replaceAll(/\d+/g, "#")}`;
    const line = this.#lines.get(key);
    if (line !== undefined) line.times += 1 + suppressed;
    else if (this.#lines.size < MAX_LINES) this.#lines.set(key, { tMs, level, engine, message, times: 1 + suppressed });
  }

  moved({ metric, from, to, ...record }: MetricRecord): void {
    const engine = record.engine ?? null;
    const key = `${metric} ${engine}`;
    const known = this.#metrics.get(key);
    if (known !== undefined) {
      known.to = to;
      known.changes++;
    } else if (this.#metrics.size < MAX_METRICS) this.#metrics.set(key, { metric, engine, from, to, changes: 1 });
  }

  lines(): readonly SaidLine[] {
    return [...this.#lines.values()];
  }

  metrics(): readonly MovedMetric[] {
    return [...this.#metrics.values()];
  }
}
