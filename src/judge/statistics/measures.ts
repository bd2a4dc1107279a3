/** The named distributions of a run. */
import type { Distribution } from "../verdict.js";
import { LatencyHistogram } from "./histogram.js";

/** What is measured, in the order of reports. A threshold on any other name is unknown. */
export const MEASURES = {
  query_ms: "match query, asked to answered",
  route_ms: "dry-run routing decision, asked to answered",
  served_ms: "request, due to last byte",
  ttft_ms: "request, due to first byte",
  visibility_ms: "store on an engine, emitted to visible for good",
  invalidation_ms: "removal on an engine, emitted to gone for good",
  flip_ms: "change of the best engine, emitted to the decision that follows it for good",
  start_ms: "engine process, started to ready",
  converge_ms: "last disturbance to the first answer from which on all are exact",
} as const;
export type MeasureName = keyof typeof MEASURES;

export class Measures {
  readonly #histograms = new Map<MeasureName, LatencyHistogram>();

  record(measure: MeasureName, ns: number): void {
    let histogram = this.#histograms.get(measure);
    if (histogram === undefined) this.#histograms.set(measure, (histogram = new LatencyHistogram()));
    histogram.recordNs(ns);
  }

  get(measure: MeasureName): LatencyHistogram | undefined {
    return this.#histograms.get(measure);
  }

  distributions(): Distribution[] {
    const names = Object.keys(MEASURES) as MeasureName[];
    return names.flatMap((name) => this.#histograms.get(name)?.distribution(name) ?? []);
  }
}
