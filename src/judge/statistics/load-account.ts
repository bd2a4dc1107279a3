/** The steps of a load that engines make, each with the latencies of its batches; the run's own are those of steps that were kept up with. */
import type { LoadRecord } from "../history/load-records.js";
import type { HistoryRecord, RunRecord } from "../history/records.js";
import type { LoadStep } from "../verdict.js";
import { ApplyLatencies, ApplyTimes } from "./apply-times.js";
import { keepsUp, limitOf, sentPerS } from "./load-steps.js";
import type { Measures } from "./measures.js";

interface Step {
  readonly record: LoadRecord;
  readonly latencies: ApplyLatencies;
}

export class LoadAccount {
  readonly #times: ApplyTimes;
  readonly #steps: Step[] = [];
  #now = 0;

  constructor({ traced = 0 }: RunRecord) {
    this.#times = new ApplyTimes(traced);
  }

  note(record: HistoryRecord): void {
    this.#now = record.at;
    this.#times.note(record);
    if (record.k !== "load") return;
    const latencies = this.#times.take(record.at);
    if (record.phase === "steady") this.#steps.push({ record, latencies });
  }

  /** Into the run's own measures. */
  record(measures: Measures): void {
    const all = new ApplyLatencies();
    for (const { latencies } of this.#typical()) all.add(latencies);
    if (this.#steps.length === 0) all.add(this.#times.take(this.#now));
    measures.add("receive_to_apply_ms", all.sinceReceived);
    measures.add("emit_to_apply_ms", all.sinceEmitted);
  }

  steps(): LoadStep[] {
    return this.#steps.map(({ record, latencies }) => ({
      offeredPerS: record.offeredPerS,
      sentPerS: sentPerS(record),
      offered: record.offered,
      sent: record.sent,
      lastedMs: (record.stoppedAt - record.startedAt) / 1e6,
      latenessP50Ms: record.latenessP50Ms,
      latenessP99Ms: record.latenessP99Ms,
      latenessMaxMs: record.latenessMaxMs,
      drainMs: record.drainMs,
      limit: limitOf(record),
      receiveToApplyP99Ms: latencies.sinceReceived.count === 0 ? null : latencies.sinceReceived.percentileMs(99),
      emitToApplyP99Ms: latencies.sinceEmitted.count === 0 ? null : latencies.sinceEmitted.percentileMs(99),
    }));
  }

  /** A load that rises ends in a step that says nothing about ordinary days. */
  #typical(): readonly Step[] {
    const kept = this.#steps.filter(({ record }) => keepsUp(record));
    return kept.length === 0 || this.#steps.length === 1 ? this.#steps : kept;
  }
}
