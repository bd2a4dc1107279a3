import { describe, expect, it } from "vitest";
import { scenarioSample } from "./measure-scenario.js";

const build = { label: "old" };
const judged = {
  verdict: "pass",
  headline: "pass",
  distributions: [
    { measure: "visibility_ms", count: 5, p50: 2, p99: 9 },
    { measure: "query_ms", count: 0, p50: 0, p99: 0 },
    { measure: "ttft_ms", count: 5, p50: 1, p99: 2 },
  ],
  figures: { cpu_s_per_million_events: 3, lost_batches: 0, gateway_start_ms: 80 },
};

describe("figures of a scenario's run", () => {
  it("are the declared few that were measured, and nothing that was not", () => {
    expect(scenarioSample(judged, build)).toEqual({
      cpu_s_per_million_events: 3,
      "visibility_ms p50": 2,
      "visibility_ms p99": 9,
    });
  });
  it("are those of older builds too, which had distributions only", () => {
    const { figures: _, ...older } = judged;
    expect(Object.keys(scenarioSample(older, build))).toEqual(["visibility_ms p50", "visibility_ms p99"]);
  });
  it("are refused where work was left out, nothing was measured, or the file is something else", () => {
    const lossy = { ...judged, figures: { ...judged.figures, lost_batches: 3 } };
    expect(() => scenarioSample(lossy, build)).toThrow(/old: 3 batches were sent and not applied/);
    expect(() => scenarioSample({ ...judged, distributions: [], figures: {} }, build)).toThrow(/measured none/);
    expect(() => scenarioSample({}, build)).toThrow(/not one that this kvproof reads/);
  });
});
