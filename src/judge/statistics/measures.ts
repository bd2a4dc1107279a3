/** The named measures of a run: distributions in milliseconds, and shares from 0 to 1. */
import { FIGURES } from "./figures.js";
import type { PhaseRecord } from "../history/records.js";
import type { Distribution } from "../verdict.js";
import { LatencyHistogram } from "./histogram.js";

/** What is measured in every run, in the order of reports. */
export const MEASURES = {
  query_ms: "match query, asked to answered",
  route_ms: "dry-run routing decision, asked to answered",
  served_ms: "request, due to last byte",
  ttft_ms: "request, due to first byte",
  visibility_ms: "store on an engine, emitted to visible for good",
  invalidation_ms: "removal on an engine, emitted to gone for good",
  flip_ms: "change of the best engine, emitted to the decision that follows it for good",
  decision_ms: "the same to when that decision was made, by the account of the system under test",
  receive_to_apply_ms: "batch received by the system under test to applied, by its own trace",
  emit_to_apply_ms: "batch emitted, by the engine's ledger, to applied, by the trace of the system under test",
  start_ms: "engine process, started to ready",
  converge_ms: "last disturbance to the first answer from which on all are exact",
  recovery_ms: "each fault, seen to be gone to the moment from which on no answer is wrong",
} as const;
export type MeasureName = keyof typeof MEASURES;

/** Latencies of runs with faults: before the first one, while any is in force, and under load after the last. */
export const PART_MEASURES = {
  served_ms_steady: "served request, due before any fault",
  served_ms_fault: "served request, due while a fault was in force",
  served_ms_heal: "served request, due after all faults had recovered",
  query_ms_steady: "match query, asked before any fault",
  query_ms_fault: "match query, asked while a fault was in force",
  query_ms_heal: "match query, asked after all faults had recovered",
} as const;

/** Shares of runs with faults, 0 to 1. */
export const SHARES = {
  served_share_steady: "requests answered 2xx, of those due before any fault",
  served_share_fault: "requests answered 2xx, of those due while a fault was in force",
  served_share_heal: "requests answered 2xx, of those due after all faults had recovered",
  hit_rate_steady: "prompt tokens that engines took from their caches, before any fault",
  hit_rate_fault: "the same while a fault was in force",
  hit_rate_heal: "the same after all faults had recovered",
  answered_share_steady: "match queries that were answered, before any fault",
  answered_share_fault: "the same while a fault was in force",
  answered_share_heal: "the same after all faults had recovered",
  live_share_steady: "looks at a stream that found it live, before any fault",
  live_share_fault: "the same while a fault was in force",
  live_share_heal: "the same after all faults had recovered",
} as const;
export type ShareName = keyof typeof SHARES;

/** Every name that a threshold may have. */
export const THRESHOLD_MEASURES: Readonly<Record<string, string>> = {
  ...MEASURES,
  ...PART_MEASURES,
  ...SHARES,
  ...FIGURES,
};

export class Measures {
  readonly #histograms = new Map<MeasureName, LatencyHistogram>();
  readonly #recording: boolean;
  #steadySince = Number.NEGATIVE_INFINITY;

  /** `recording` = false: nobody will ask. */
  constructor(recording = true) {
    this.#recording = recording;
  }

  /** What begins while a run warms up is not measured: cold code says nothing about ordinary days. */
  entered(phase: PhaseRecord["name"], at: number): void {
    if (phase === "warmup") this.#steadySince = Number.POSITIVE_INFINITY;
    else this.#steadySince = Math.min(this.#steadySince, at);
  }

  /** `beganAt`: of what is measured; absent = it counts whenever it was. */
  record(measure: MeasureName, ns: number, beganAt = Number.POSITIVE_INFINITY): void {
    if (!this.#recording || beganAt < this.#steadySince) return;
    let histogram = this.#histograms.get(measure);
    if (histogram === undefined) this.#histograms.set(measure, (histogram = new LatencyHistogram()));
    histogram.recordNs(ns);
  }

  add(measure: MeasureName, histogram: LatencyHistogram): void {
    if (!this.#recording || histogram.count === 0) return;
    const present = this.#histograms.get(measure);
    if (present === undefined) this.#histograms.set(measure, histogram);
    else present.add(histogram);
  }

  get(measure: MeasureName): LatencyHistogram | undefined {
    return this.#histograms.get(measure);
  }

  distributions(): Distribution[] {
    const names = Object.keys(MEASURES) as MeasureName[];
    return names.flatMap((name) => this.#histograms.get(name)?.distribution(name) ?? []);
  }
}
