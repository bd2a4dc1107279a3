import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const probe = { probe: "visibility", target: "a" } as const;
const stored = () => aHistory().engine("a").prompt("p", 2).stores("a", "p");

describe("L1 visibility latency", () => {
  it("measures from the emission to the first answer from which on the store is never absent", async () => {
    const history = stored()
      .asks("p", {}, probe)
      .wait(2)
      .asks("p", { a: 2 }, probe)
      .wait(2)
      .asks("p", { a: 1 }, probe)
      .wait(3)
      .asks("p", { a: 2 }, probe)
      .asks("p", { a: 2 });
    const report = await history.judged();
    const distribution = report.distributions.find((d) => d.measure === "visibility_ms");
    expect(distribution).toMatchObject({ count: 1, unit: "ms" });
    expect(distribution?.max).toBeCloseTo(11, 0);
    expect(report.properties.find((p) => p.id === "L1")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
      measured: { slowest_engine: "a" },
    });
  });

  it("finds a store that never became visible although it was asked for after the bound", async () => {
    const result = await stored().asks("p", {}, probe).wait(150).asks("p", {}, probe).verdictOf("L1");
    expect(result).toMatchObject({ verdict: "fail", violations: [{ engine: "a" }] });
    expect(result.violations[0]?.summary).toContain("2 were stored");
  });

  it("does not measure a store that nobody watched in time", async () => {
    expect(await stored().wait(500).asks("p", { a: 2 }, probe).verdictOf("L1")).toMatchObject({
      verdict: "unknown",
      opportunities: 0,
    });
  });

  it("does not take what a removal leaves over for a store that became visible late", async () => {
    const report = await stored()
      .asks("p", { a: 2 }, probe)
      .wait(60)
      .removes("a", "p", { from: 1 })
      .asks("p", { a: 1 }, { probe: "invalidation", target: "a" })
      .judged();
    const distribution = report.distributions.find((d) => d.measure === "visibility_ms");
    expect(distribution).toMatchObject({ count: 1 });
    expect(distribution?.max).toBeLessThan(10);
  });

  it("misses a threshold with exit code 3", async () => {
    const history = aHistory({ thresholds: { visibility_ms: ["p99 < 5"] } })
      .engine("a")
      .prompt("p", 2)
      .stores("a", "p");
    const report = await history
      .asks("p", {}, probe)
      .wait(20)
      .asks("p", { a: 2 }, probe)
      .wait(1500)
      .asks("p", { a: 2 })
      .judged();
    expect(report).toMatchObject({
      exitCode: 3,
      verdict: "fail",
      thresholds: [{ verdict: "fail", measured: expect.closeTo(22, 0) as number }],
    });
  });
});
