import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const cached = () => aHistory().engine("a").prompt("p", 4).prompt("tail", 2).stores("a", "p").wait(150);

describe("S4 orphan safety", () => {
  it("finds the tail of a cached prompt taken for a prompt of its own", async () => {
    const result = await cached().asks("tail", { a: 2 }, { probe: "suffix", twin: "p" }).verdictOf("S4");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { claimed: 2, probe: "suffix" } }],
    });
  });

  it("holds when the tail matches nothing, or was cached as a prompt itself", async () => {
    const history = cached().asks("tail", {}, { probe: "suffix", twin: "p" }).stores("a", "tail").wait(150);
    expect(await history.asks("tail", { a: 2 }, { probe: "suffix" }).verdictOf("S4")).toMatchObject({
      verdict: "pass",
      opportunities: 2,
    });
  });

  it("is idle without suffix probes, which does not count against a run that did not ask for them", async () => {
    const report = await cached().asks("p", { a: 4 }).judged();
    expect(report.properties.find((p) => p.id === "S4")).toMatchObject({
      verdict: "unknown",
      reason: "not exercised",
      required: 0,
    });
    expect(report.headline).not.toContain("S4");
  });
});
