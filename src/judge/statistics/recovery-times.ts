/**
 * How long after each fault's recovery answers were still wrong: more than was held at some moment of the staleness window, or
 * less than certainly was, about any member that lives. Unlike C1 it counts under load, and excuses nothing but staleness:
 * this is what a user waits after an outage. The watch ends when the next fault begins or everybody leaves.
 */
import type { HistoryRecord, QueryRecord } from "../history/records.js";
import type { Standing, Survey } from "../truth/survey.js";
import type { FaultWindow } from "../verdict.js";
import type { Measures } from "./measures.js";

interface Watch {
  readonly fault: string;
  readonly since: number;
  /** First right answer after the last wrong one; null = none yet. */
  exactAt: number | null;
}

export class RecoveryTimes {
  readonly #watches = new Map<string, Watch>();
  readonly #took = new Map<string, number>();

  note(record: HistoryRecord): void {
    if (record.k === "phase" && record.name === "drain") this.finish();
    if (record.k !== "fault") return;
    if (record.event === "injected") this.finish();
    if (record.event === "recovered")
      this.#watches.set(record.id, { fault: record.id, since: record.at, exactAt: null });
  }

  answered(query: QueryRecord, survey: Survey): void {
    if (this.#watches.size === 0) return;
    const wrong = survey.strangers.length > 0 || survey.standings.some(isWrong);
    const speaks = survey.standings.some((s) => s.claimed > 0 || s.certain > 0);
    for (const watch of this.#watches.values()) {
      if (query.inv < watch.since) continue;
      if (wrong) watch.exactAt = null;
      else if (speaks) watch.exactAt ??= query.ret;
    }
  }

  finish(): void {
    for (const { fault, since, exactAt } of this.#watches.values()) {
      if (exactAt !== null) this.#took.set(fault, exactAt - since);
    }
    this.#watches.clear();
  }

  record(measures: Measures): void {
    for (const ns of this.#took.values()) measures.record("recovery_ms", ns);
  }

  /** The windows with what was found about them. */
  completed(windows: readonly FaultWindow[]): FaultWindow[] {
    return windows.map((window) => {
      const took = this.#took.get(window.id);
      return took === undefined ? window : { ...window, exactAfterMs: Math.round(took / 1e3) / 1e3 };
    });
  }
}

function isWrong({ engine, claimed, possible, certain }: Standing): boolean {
  if (!engine.publishes || !engine.member || !engine.alive || !engine.ready) return false;
  return claimed > possible || claimed < certain;
}
