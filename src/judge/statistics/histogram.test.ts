import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { LatencyHistogram } from "./histogram.js";

const US = 1000;
const HOUR_MS = 3_600_000;

function histogramOf(...us: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const one of us) histogram.recordNs(one * US);
  return histogram;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe("LatencyHistogram", () => {
  it("reports microseconds in milliseconds", () => {
    const { hdr, ...figures } = histogramOf(...upTo(1000), 1.4, 1.6).distribution("query_ms");
    expect(figures).toEqual({
      measure: "query_ms",
      unit: "ms",
      count: 1002,
      min: 0.001,
      mean: 0.5,
      p50: 0.499,
      p90: 0.9,
      p99: 0.99,
      p999: 0.999,
      max: 1,
    });
    const decoded = decodeFromCompressedBase64(hdr);
    expect([decoded.totalCount, decoded.getValueAtPercentile(90)]).toEqual([1002, 900]);
  });

  it("keeps three significant digits, and never reports a percentile above the maximum", () => {
    const one = histogramOf(1_039_440);
    expect(one.distribution("x")).toMatchObject({ p50: 1039.44, p999: 1039.44, max: 1039.44 });
    expect(histogramOf(50_000, 100_000).percentileMs(50) / 50).toBeCloseTo(1, 3);
  });

  it("counts negative times as none, and more than an hour as an hour", () => {
    const odd = histogramOf(-5, 1e15);
    const figures = odd.distribution("x");
    expect(figures).toMatchObject({ count: 2, min: 0, mean: HOUR_MS / 2 });
    expect(odd.maxMs() / HOUR_MS).toBeCloseTo(1, 3);
  });

  it("is all zeros when it is empty, and again when it was reset", () => {
    const zeros = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
    expect(new LatencyHistogram().distribution("x")).toMatchObject(zeros);
    const used = histogramOf(5, 7);
    used.reset();
    expect(used.distribution("x")).toMatchObject(zeros);
    used.recordNs(3 * US);
    expect(used.distribution("x")).toMatchObject({ count: 1, min: 0.003, mean: 0.003, max: 0.003 });
  });

  it("takes in all that another one holds, and leaves that as it is", () => {
    const whole = histogramOf(1, 2);
    const other = histogramOf(3, 10);
    whole.add(other);
    expect(whole.distribution("x")).toMatchObject({ count: 4, min: 0.001, mean: 0.004, p50: 0.002, max: 0.01 });
    expect(other.distribution("x")).toMatchObject({ count: 2, mean: 0.007 });
  });
});
