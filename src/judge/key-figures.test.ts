import { describe, expect, it } from "vitest";
import { betterOf, keyFigures, meaningOf } from "./key-figures.js";
import { LatencyHistogram } from "./statistics/histogram.js";
import type { Degradation } from "./verdict.js";

describe("key figures of a run", () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 100; ms++) histogram.recordNs(ms * 1e6);
  const of = (measure: string) => histogram.distribution(measure);
  const heal = { part: "heal", hitRate: 0.5, servedShare: null } as Degradation;

  it("are the ones worth following, each with a meaning, without what was not measured", () => {
    const figures = keyFigures({
      distributions: [
        of("query_ms"),
        of("converge_ms"),
        new LatencyHistogram().distribution("flip_ms"),
        of("start_ms"),
      ],
      degradation: [heal],
      figures: { lost_batches: 0, gateway_start_ms: 5, knee_per_s: Number.NaN },
    });
    expect(Object.keys(figures)).toEqual(["converge_ms max", "query_ms p99", "hit_rate_heal", "lost_batches"]);
    expect(figures).toMatchObject({ "converge_ms max": 100, hit_rate_heal: 0.5, lost_batches: 0 });
    expect(Object.keys(figures).map(meaningOf)).not.toContain("");
  });

  it("know which way is better", () => {
    expect(["hit_rate_heal", "served_share_fault", "knee_per_s"].map(betterOf)).toEqual(["higher", "higher", "higher"]);
    expect(["query_ms p99", "lost_batches", "took_s"].map(betterOf)).toEqual(["lower", "lower", "lower"]);
  });
});
