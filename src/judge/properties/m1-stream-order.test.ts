import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const three = () =>
  aHistory()
    .engine("a")
    .prompt("p", 3)
    .stores("a", "p", { to: 1 })
    .stores("a", "p", { from: 1, to: 2 })
    .stores("a", "p", { from: 2 });

describe("M1 stream order", () => {
  it("finds batches that were applied twice", async () => {
    const result = await three()
      .stream("a", { lastSeq: 0, appliedBatches: 1 })
      .stream("a", { lastSeq: 2, appliedBatches: 4 })
      .verdictOf("M1");
    expect(result.violations[0]?.summary).toContain("applied 3 batches while its sequence moved by 2");
    expect((await three().stream("a", { lastSeq: 2, appliedBatches: 4 }).verdictOf("M1")).verdict).toBe("fail");
  });

  it("finds a sequence that goes back within one life, but not across lives or purges", async () => {
    const back = (change: object) =>
      three()
        .stream("a", { lastSeq: 2, appliedBatches: 3 })
        .stream("a", { lastSeq: 1, appliedBatches: 3, ...change });
    expect((await back({}).verdictOf("M1")).violations[0]?.summary).toContain("went back from batch 2 to 1");
    expect((await back({ lives: 2 }).verdictOf("M1")).verdict).toBe("pass");
    expect((await back({ purges: 1 }).verdictOf("M1")).verdict).toBe("pass");
  });

  it("finds a number that the engine never reached", async () => {
    expect(
      (await three().stream("a", { lastSeq: 3, appliedBatches: 3 }).verdictOf("M1")).violations[0]?.summary,
    ).toContain("never got past 2");
  });

  it("holds for every batch applied once, is idle without samples, and is not asked of systems that keep their positions to themselves", async () => {
    expect(await three().stream("a", { lastSeq: 2, appliedBatches: 3 }).verdictOf("M1")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
    expect((await three().verdictOf("M1")).verdict).toBe("unknown");
    expect((await aHistory({ capabilities: { streams: false } }).verdictOf("M1")).verdict).toBe("not-applicable");
  });
});
