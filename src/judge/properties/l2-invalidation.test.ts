import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const probe = { probe: "invalidation", target: "a" } as const;
const removed = () => aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(200).removes("a", "p", { from: 1 });

describe("L2 invalidation latency", () => {
  it("measures from the emission to the first answer from which on the blocks are never credited", async () => {
    const report = await removed()
      .asks("p", { a: 3 }, probe)
      .wait(4)
      .asks("p", { a: 1 }, probe)
      .wait(200)
      .asks("p", { a: 1 })
      .judged();
    const distribution = report.distributions.find((d) => d.measure === "invalidation_ms");
    expect(distribution?.count).toBe(1);
    expect(distribution?.max).toBeCloseTo(6, 0);
    expect(report.properties.find((p) => p.id === "L2")).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("finds a removal that never showed although it was asked for after the bound", async () => {
    const result = await removed().asks("p", { a: 3 }, probe).wait(150).asks("p", { a: 3 }, probe).verdictOf("L2");
    expect(result).toMatchObject({ verdict: "fail", violations: [{ engine: "a", proof: { claimed: 3, block: 1 } }] });
  });

  it("does not ask for it where an earlier removal, which nobody could read, may have left a copy too many", async () => {
    const history = (wire?: "garbled") => {
      const stored = aHistory().engine("a").prompt("p", 1).stores("a", "p");
      const again = stored
        .removes("a", "p", wire === undefined ? {} : { wire })
        .stores("a", "p")
        .wait(1500);
      return again.removes("a", "p").asks("p", { a: 1 }, probe).wait(150).asks("p", { a: 1 }, probe);
    };
    expect((await history("garbled").verdictOf("L2")).violationCount).toBe(0);
    expect((await history().verdictOf("L2")).verdict).toBe("fail");
  });

  it("is idle without removals to watch", async () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").asks("p", { a: 3 }, probe);
    expect(await history.verdictOf("L2")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
