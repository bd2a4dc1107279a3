/** Latency distributions: HdrHistogram with 3 significant digits, recorded in microseconds, reported in milliseconds. */
import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import type { Distribution } from "../verdict.js";

const US_PER_MS = 1000;
/** An hour; longer values count as this. */
const MAX_US = 3.6e9;

export class LatencyHistogram {
  readonly #hdr = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 3,
  });

  /** The histogram's own mean walks through every bucket up to an hour. */
  #sumUs = 0;

  get count(): number {
    return this.#hdr.totalCount;
  }

  recordNs(ns: number): void {
    const us = Math.min(MAX_US, Math.max(0, Math.round(ns / 1000)));
    this.#sumUs += us;
    this.#hdr.recordValue(us);
  }

  /** Takes in everything that another one holds. */
  add(other: LatencyHistogram): void {
    this.#hdr.add(other.#hdr);
    this.#sumUs += other.#sumUs;
  }

  /** Milliseconds at a percentile of 0..100; 0 when empty. */
  percentileMs(percentile: number): number {
    if (this.count === 0) return 0;
    // A percentile is the upper end of its bucket, which may lie beyond the highest value itself.
    return Math.min(this.#hdr.getValueAtPercentile(percentile), this.#hdr.maxValue) / US_PER_MS;
  }

  maxMs(): number {
    return this.count === 0 ? 0 : this.#hdr.maxValue / US_PER_MS;
  }

  distribution(measure: string): Distribution {
    return {
      measure,
      unit: "ms",
      count: this.count,
      min: this.percentileMs(0),
      mean: this.count === 0 ? 0 : Math.round(this.#sumUs / this.count) / US_PER_MS,
      p50: this.percentileMs(50),
      p90: this.percentileMs(90),
      p99: this.percentileMs(99),
      p999: this.percentileMs(99.9),
      max: this.maxMs(),
      hdr: encodeIntoCompressedBase64(this.#hdr),
    };
  }

  reset(): void {
    this.#hdr.reset();
    this.#sumUs = 0;
  }
}
