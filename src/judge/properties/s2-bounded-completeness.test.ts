import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const stored = () => aHistory().engine("a").prompt("p", 4).stores("a", "p");

describe("S2 bounded completeness", () => {
  it("finds a store that was lost", async () => {
    const result = await stored().wait(150).asks("p", { a: 1 }).verdictOf("S2");
    expect(result.violations[0]).toMatchObject({ engine: "a", proof: { claimed: 1, certain: 4, block: 1 } });
    expect(result.violations[0]?.summary).toContain("throughout the window it held 4");
  });

  it("finds an engine that the answer leaves out", async () => {
    expect((await stored().wait(150).asks("p", {}).verdictOf("S2")).verdict).toBe("fail");
  });

  it("allows a store to be missing within the staleness bound", async () => {
    const result = await stored().wait(50).asks("p", {}).wait(100).asks("p", { a: 4 }).verdictOf("S2");
    expect(result).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("does not demand an engine that is being taken out, however long that takes", async () => {
    const result = await stored().wait(150).isLeaving("a").wait(300).asks("p", {}).leaves("a").verdictOf("S2");
    expect(result).toMatchObject({ verdict: "unknown", opportunities: 0, violations: [] });
  });

  it("demands what was published before the join only after the recovery bound", async () => {
    const history = aHistory()
      .engine("a", { joins: false })
      .prompt("p", 4)
      .stores("a", "p")
      .joins("a")
      .wait(900)
      .asks("p", {});
    expect(await history.verdictOf("S2")).toMatchObject({ verdict: "unknown", opportunities: 0 });
    expect((await history.wait(300).asks("p", {}).verdictOf("S2")).verdict).toBe("fail");
  });

  it("never demands it of an engine without replay, but what comes later it does", async () => {
    const history = aHistory()
      .engine("a", { joins: false, replay: false })
      .prompt("p", 4)
      .prompt("q", 2)
      .stores("a", "p")
      .joins("a")
      .wait(1200)
      .asks("p", {})
      .stores("a", "q")
      .wait(150)
      .asks("q", {});
    const result = await history.verdictOf("S2");
    expect(result).toMatchObject({ verdict: "fail", violationCount: 1, opportunities: 1 });
    expect(result.violations[0]?.proof.prompt).toBe("q");
  });

  it("does not demand what left no readable bytes, or what a lost batch may have taken along", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 2)
      .prompt("q", 2)
      .stores("a", "p")
      .stores("a", "q", { wire: "garbled" });
    expect(await history.wait(2000).asks("p", {}).asks("q", {}).verdictOf("S2")).toMatchObject({ opportunities: 0 });
  });

  it("does not demand what an adapter cached before it was unloaded, but what it caches after a reload", async () => {
    const adapter = { k: "adapter", engine: "a", adapter: "sql@v1" } as const;
    const history = aHistory().engine("a").prompt("p", { blocks: 2, adapter: "sql@v1" }).stores("a", "p").wait(150);
    history
      .add({ ...adapter, event: "unloaded" })
      .wait(500)
      .asks("p", {});
    expect((await history.verdictOf("S2")).opportunities).toBe(0);
    history
      .add({ ...adapter, event: "loaded" })
      .removes("a", "p")
      .stores("a", "p")
      .wait(500)
      .asks("p", {});
    expect((await history.verdictOf("S2")).verdict).toBe("fail");
  });

  it("asks for blocks outside the GPU only of systems that keep tiers apart", async () => {
    const offloaded = (tiers: boolean) =>
      aHistory({ capabilities: { tiers } })
        .engine("a")
        .prompt("p", 2)
        .stores("a", "p")
        .stores("a", "p", { medium: "CPU" })
        .removes("a", "p")
        .wait(150)
        .asks("p", {});
    expect((await offloaded(true).verdictOf("S2")).verdict).toBe("fail");
    expect((await offloaded(false).verdictOf("S2")).opportunities).toBe(0);
  });

  it("is satisfied by the best rank, and wants no less", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p", { to: 1 })
      .stores("a", "p", { to: 3, rank: 1 })
      .wait(150);
    expect((await history.asks("p", { a: 3 }).verdictOf("S2")).verdict).toBe("pass");
    expect((await history.asks("p", { a: 1 }).verdictOf("S2")).verdict).toBe("fail");
  });

  it("is not asked of a control run, which gets no events", async () => {
    const history = aHistory({ events: false }).engine("a").prompt("p", 4).stores("a", "p").wait(150).asks("p", {});
    expect((await history.verdictOf("S2")).verdict).toBe("not-applicable");
  });
});
