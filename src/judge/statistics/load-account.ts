/** The steps of a load that engines make, each with the latencies of its batches; the run's own are those of steps that were kept up with. */
import type { LoadRecord } from "../history/load-records.js";
import type { CounterRecord, HistoryRecord, RunRecord } from "../history/records.js";
import type { LoadStep, ThresholdResult } from "../verdict.js";
import type { Truth } from "../truth/truth.js";
import { ApplyLatencies, ApplyTimes } from "./apply-times.js";
import type { Figures } from "./figures.js";
import { keepsUp, kneeOf, limitOf, sentPerS } from "./load-steps.js";
import type { Measures } from "./measures.js";

interface Step {
  readonly record: LoadRecord;
  readonly latencies: ApplyLatencies;
}

export class LoadAccount {
  readonly #times: ApplyTimes;
  readonly #steps: Step[] = [];
  /** Of a run whose load is not made by engines. */
  #rest = new ApplyLatencies();
  /** By stream: batches accounted for before everybody leaves. */
  readonly #accounted = new Map<string, CounterRecord>();
  #windows: readonly number[] = [];
  #now = 0;
  #draining = false;

  constructor({ traced = 0 }: RunRecord) {
    this.#times = new ApplyTimes(traced);
  }

  note(record: HistoryRecord): void {
    this.#now = record.at;
    this.#times.note(record);
    if (record.k === "phase" && record.name === "drain") this.#draining = true;
    if (record.k === "counters" && !this.#draining) this.#accounted.set(`${record.engine}#${record.rank}`, record);
    if (record.k !== "load") return;
    if (record.phase === "steady") this.#windows = this.#times.windows;
    const latencies = this.#times.take(record.at);
    if (record.phase === "steady") this.#steps.push({ record, latencies });
  }

  /** Into the run's own measures. */
  record(measures: Measures): void {
    if (this.#steps.length === 0) this.#rest = this.#times.take(this.#now);
    const all = this.#sum();
    measures.add("receive_to_apply_ms", all.sinceReceived);
    measures.add("emit_to_apply_ms", all.sinceEmitted);
  }

  figures(truth: Truth): Figures {
    const records = this.#steps.map(({ record }) => record);
    const kept = records.filter((record) => keepsUp(record));
    const drains = (records.length > 1 ? kept : records).flatMap(({ drainMs }) => drainMs ?? []);
    const { expected, told } = this.#sum();
    const drift = this.#drift();
    const rising = records.length > 1;
    const { perS } = kneeOf(records);
    const lost = this.#lost(truth);
    return {
      ...(records.length === 0 ? {} : { sent_per_s: Math.max(...records.map((record) => sentPerS(record))) }),
      ...(rising && perS !== null ? { knee_per_s: perS } : {}),
      ...(drains.length === 0 ? {} : { drain_ms: Math.max(...drains) }),
      ...(expected === 0 ? {} : { traced_share: told / expected }),
      ...(drift === null ? {} : { apply_drift: drift }),
      ...(lost === null ? {} : { lost_batches: lost }),
    };
  }

  /** A knee that the generator set says that the system under test reaches at least as much: missing more proves nothing. */
  doubted(result: ThresholdResult): ThresholdResult {
    if (result.measure !== "knee_per_s" || result.verdict !== "fail") return result;
    const { limit } = kneeOf(this.#steps.map(({ record }) => record));
    return limit === "system under test" ? result : { ...result, verdict: "unknown" };
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
      cpuUsPerBatch: cpuUsPerBatch(record),
      limit: limitOf(record),
      receiveToApplyP99Ms: latencies.sinceReceived.count === 0 ? null : latencies.sinceReceived.percentileMs(99),
      emitToApplyP99Ms: latencies.sinceEmitted.count === 0 ? null : latencies.sinceEmitted.percentileMs(99),
    }));
  }

  #sum(): ApplyLatencies {
    const all = new ApplyLatencies();
    for (const { latencies } of this.#typical()) all.add(latencies);
    all.add(this.#rest);
    return all;
  }

  /** Batches in the ledgers, less those that the system under test says it applied; null where it says nothing. */
  #lost(truth: Truth): number | null {
    if (this.#accounted.size === 0 || this.#steps.length === 0) return null;
    let lost = 0;
    for (const { engine, rank, applied } of this.#accounted.values()) {
      const sent = truth.engine(engine)?.streams[rank]?.sentBatches ?? 0;
      lost += Math.max(0, sent - applied);
    }
    return lost;
  }

  /** Of the last step, by windows; null when it was too short to tell. */
  #drift(): number | null {
    const third = Math.floor(this.#windows.length / 3);
    const [early, late] = [medianOf(this.#windows.slice(0, third)), medianOf(this.#windows.slice(-third))];
    return third === 0 || early === 0 ? null : late / early;
  }

  /** A load that rises ends in a step that says nothing about ordinary days. */
  #typical(): readonly Step[] {
    const kept = this.#steps.filter(({ record }) => keepsUp(record));
    return kept.length === 0 || this.#steps.length === 1 ? this.#steps : kept;
  }
}

function cpuUsPerBatch({ sutCpuSeconds, sent }: LoadRecord): number | null {
  return sutCpuSeconds === undefined || sent === 0 ? null : (sutCpuSeconds * 1e6) / sent;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
