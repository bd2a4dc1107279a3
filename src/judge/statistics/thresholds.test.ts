import { describe, expect, it } from "vitest";
import { LatencyHistogram } from "./histogram.js";
import { checkThresholds, misfit, parseThreshold } from "./thresholds.js";

const histogram = new LatencyHistogram();
for (let ms = 1; ms <= 100; ms++) histogram.recordNs(ms * 1e6);
const query = histogram.distribution("query_ms");

describe("thresholds", () => {
  it("reads every statistic and comparison, with or without spaces", () => {
    expect(parseThreshold("p99 < 50")).toEqual({ statistic: "p99", comparison: "<", limit: 50 });
    expect(parseThreshold(" p999>=0.25 ")).toEqual({ statistic: "p999", comparison: ">=", limit: 0.25 });
    expect(parseThreshold("count > 0")).toMatchObject({ statistic: "count" });
  });

  it.each(["p95 < 50", "p99", "p99 = 5", "< 5", "p99 < 5 ms", ""])(
    "refuses %j instead of ignoring it",
    (expression) => {
      expect(() => parseThreshold(expression)).toThrow(/is not "<statistic> <comparison> <number>"/);
    },
  );

  it("knows which statistic makes sense for a share and which for a distribution", () => {
    expect(misfit("served_share_fault", parseThreshold("value >= 0.9"))).toBeNull();
    expect(misfit("served_share_fault", parseThreshold("count > 1"))).toContain("has no count");
    expect(misfit("query_ms", parseThreshold("value < 5"))).toContain("is a distribution");
  });

  it("compares in the unit of the measure and shows the measured value", () => {
    const results = checkThresholds(
      { query_ms: ["p50 < 51", "p90 < 90", "max <= 100", "min >= 1", "count >= 100", "mean < 51"] },
      [query],
    );
    expect(results.map((r) => r.verdict)).toEqual(["pass", "fail", "pass", "pass", "pass", "pass"]);
    expect(results[1]?.measured).toBeCloseTo(90, 0);
  });

  it("calls a measure without values, or one that nobody knows, unknown", () => {
    const empty = new LatencyHistogram().distribution("flip_ms");
    expect(
      checkThresholds({ flip_ms: ["p99 < 5", "count > 0"], nonsense_ms: ["p99 < 5"] }, [empty]).map((r) => r.verdict),
    ).toEqual(["unknown", "fail", "unknown"]);
  });
});

describe("LatencyHistogram", () => {
  it("keeps three significant digits and survives the trip through its compressed form", async () => {
    const { decodeFromCompressedBase64 } = await import("hdr-histogram-js");
    expect(query).toMatchObject({ unit: "ms", count: 100 });
    expect(query.p50).toBeCloseTo(50, 0);
    expect(query.min).toBeCloseTo(1, 2);
    expect(query.max / 100).toBeCloseTo(1, 2);
    expect(decodeFromCompressedBase64(query.hdr).getValueAtPercentile(99) / 1000).toBeCloseTo(query.p99, 6);
  });

  it("never reports a percentile above the maximum", () => {
    const one = new LatencyHistogram();
    one.recordNs(1039.44e6);
    expect(one.distribution("x")).toMatchObject({ p50: 1039.44, p999: 1039.44, max: 1039.44 });
  });

  it("takes zero and absurd values without throwing", () => {
    const odd = new LatencyHistogram();
    odd.recordNs(-5);
    odd.recordNs(1e18);
    expect(odd.distribution("x")).toMatchObject({ count: 2, min: 0 });
  });
});
