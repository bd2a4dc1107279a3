import { describe, expect, it } from "vitest";
import { ALL_CAPABILITIES } from "../testing/a-history.js";
import { LatencyHistogram } from "./histogram.js";
import { checkThresholds, misfit, parseThreshold } from "./thresholds.js";

const histogram = new LatencyHistogram();
for (let ms = 1; ms <= 100; ms++) histogram.recordNs(ms * 1e6);
const query = histogram.distribution("query_ms");

describe("thresholds", () => {
  it("reads every statistic and comparison, with or without spaces", () => {
    expect(parseThreshold("p99 < 50")).toEqual({ statistic: "p99", comparison: "<", limit: 50 });
    expect(parseThreshold(" p999>=0.25 ")).toEqual({ statistic: "p999", comparison: ">=", limit: 0.25 });
    expect(parseThreshold("count > 0")).toEqual({ statistic: "count", comparison: ">", limit: 0 });
    expect(parseThreshold("  value   <=   12.125  ")).toEqual({ statistic: "value", comparison: "<=", limit: 12.125 });
    const spelt = ["min", "mean", "p50", "p90", "p99", "p999", "max", "count", "value"];
    expect(spelt.map((statistic) => parseThreshold(`${statistic}<1`).statistic)).toEqual(spelt);
  });

  it.each([
    "p95 < 50",
    "p99",
    "p99 = 5",
    "< 5",
    "p99 < 5 ms",
    "not p99 < 5",
    "p99 < 5.",
    "p99 < x",
    "p99 < -1",
    "p99 < .5",
    "",
  ])("refuses %j instead of ignoring it", (expression) => {
    const refused = expect.objectContaining({
      code: "KVP_E_SCENARIO_INVALID",
      message: expect.stringContaining(
        `threshold "${expression}" is not "<statistic> <comparison> <number>" with a statistic of min, mean, p50, p90, p99, p999, max, count, or value for a share`,
      ) as string,
    }) as Error;
    expect(() => parseThreshold(expression)).toThrow(refused);
  });

  it("knows which statistic makes sense for a share and which for a distribution", () => {
    expect(misfit("served_share_fault", parseThreshold("value >= 0.9"))).toBeNull();
    expect(misfit("served_share_fault", parseThreshold("min >= 0.9"))).toBeNull();
    expect(misfit("drain_ms", parseThreshold("value < 5"))).toBeNull();
    expect(misfit("served_share_fault", parseThreshold("count > 1"))).toBe(
      "served_share_fault is one number and has no count",
    );
    expect(misfit("drain_ms", parseThreshold("count > 1"))).toBe("drain_ms is one number and has no count");
    expect(misfit("query_ms", parseThreshold("p99 < 5"))).toBeNull();
    expect(misfit("query_ms", parseThreshold("count > 5"))).toBeNull();
    expect(misfit("query_ms", parseThreshold("value < 5"))).toBe(
      "query_ms is a distribution: say which of min, mean, p50, p90, p99, p999, max, count is meant",
    );
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

  it("says of each what was measured, in the order in which they were asked", () => {
    const asked = {
      drain_ms: ["value < 5", "max <= 5", "count > 0"],
      query_ms: ["value < 5", "p50 > 1 s"],
      knee_per_s: ["value > 1"],
    };
    expect(checkThresholds(asked, [query], { drain_ms: 5 })).toEqual([
      { measure: "drain_ms", expression: "value < 5", measured: 5, verdict: "fail" },
      { measure: "drain_ms", expression: "max <= 5", measured: 5, verdict: "pass" },
      { measure: "drain_ms", expression: "count > 0", measured: null, verdict: "unknown" },
      { measure: "query_ms", expression: "value < 5", measured: null, verdict: "unknown" },
      { measure: "query_ms", expression: "p50 > 1 s", measured: null, verdict: "unknown" },
      { measure: "knee_per_s", expression: "value > 1", measured: null, verdict: "unknown" },
    ]);
  });

  it("tells limits that are met exactly from those that are not", () => {
    const verdictsAt = (limit: number) =>
      checkThresholds({ x: ["<", "<=", ">", ">="].map((than) => `value ${than} ${limit}`) }, [], { x: 5 }).map(
        ({ verdict }) => verdict,
      );
    expect(verdictsAt(4)).toEqual(["fail", "fail", "pass", "pass"]);
    expect(verdictsAt(5)).toEqual(["fail", "pass", "fail", "pass"]);
    expect(verdictsAt(6)).toEqual(["pass", "pass", "fail", "fail"]);
  });

  it("does not ask of a system what it does not do", () => {
    const matches = ["query_ms", "visibility_ms", "invalidation_ms", "converge_ms"];
    const routes = ["route_ms", "flip_ms", "decision_ms"];
    const needsNothing = ["served_ms", "start_ms", "drain_ms"];
    const all = Object.fromEntries([...matches, ...routes, ...needsNothing].map((name) => [name, ["p99 < 5"]]));
    const notAsked = (can: Partial<typeof ALL_CAPABILITIES>): string[] =>
      checkThresholds(all, [query], {}, { ...ALL_CAPABILITIES, ...can })
        .filter(({ verdict }) => verdict === "not-applicable")
        .map(({ measure }) => measure);
    expect(notAsked({})).toEqual([]);
    expect(notAsked({ match: false })).toEqual(matches);
    expect(notAsked({ route: false })).toEqual(routes);
    const [one] = checkThresholds({ query_ms: ["p99 < 5"] }, [query], {}, { ...ALL_CAPABILITIES, match: false });
    expect(one).toEqual({ measure: "query_ms", expression: "p99 < 5", measured: null, verdict: "not-applicable" });
  });
});
