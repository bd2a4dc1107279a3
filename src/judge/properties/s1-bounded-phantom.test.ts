import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const removed = () => aHistory().engine("a").prompt("p", 4).stores("a", "p").wait(50).removes("a", "p", { from: 2 });

describe("S1 bounded phantom", () => {
  it("finds a removed block that is still credited after the staleness bound", async () => {
    const result = await removed().wait(150).asks("p", { a: 4 }).verdictOf("S1");
    expect(result.verdict).toBe("fail");
    expect(result.violations[0]).toMatchObject({ engine: "a", proof: { claimed: 4, possible: 2, block: 2 } });
    expect(result.violations[0]?.proof.holders).toEqual([{ rank: 0, lostAtMs: expect.closeTo(50.06, 1) as number }]);
  });

  it("allows it within the staleness bound", async () => {
    expect(await removed().wait(50).asks("p", { a: 4 }).verdictOf("S1")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
  });

  it("finds a clear that was missed", async () => {
    const history = aHistory().engine("a").prompt("p", 4).stores("a", "p").clears("a").wait(150).asks("p", { a: 4 });
    expect((await history.verdictOf("S1")).verdict).toBe("fail");
  });

  it("counts physical copies: the removal of one of two copies removes nothing", async () => {
    const history = aHistory().engine("a").prompt("p", 1).stores("a", "p").stores("a", "p").removes("a", "p").wait(500);
    expect((await history.asks("p", { a: 1 }).verdictOf("S1")).verdict).toBe("pass");
    expect((await history.removes("a", "p").wait(500).asks("p", { a: 1 }).verdictOf("S1")).verdict).toBe("fail");
  });

  it("does not judge queries in a fault window or in the recovery time after it", async () => {
    const history = removed()
      .fault("cut", "injected")
      .wait(150)
      .asks("p", { a: 4 })
      .fault("cut", "recovered")
      .wait(900)
      .asks("p", { a: 4 });
    expect(await history.verdictOf("S1")).toMatchObject({ verdict: "unknown", reason: "not exercised" });
    expect((await history.wait(300).asks("p", { a: 4 }).verdictOf("S1")).verdict).toBe("fail");
  });

  it("does not blame the index for a removal that left no readable bytes", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 2)
      .stores("a", "p")
      .removes("a", "p", { wire: "burnt" })
      .wait(5000);
    expect(await history.asks("p", { a: 2 }).verdictOf("S1")).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("holds a system to the lease it declares: a dead engine's entries expire", async () => {
    const dead = (lease: number | null) =>
      aHistory({ capabilities: { lease_ms: lease } })
        .engine("a")
        .prompt("p", 2)
        .stores("a", "p")
        .dies("a")
        .wait(800)
        .asks("p", { a: 2 });
    expect((await dead(500).verdictOf("S1")).verdict).toBe("fail");
    expect(await dead(null).verdictOf("S1")).toMatchObject({ verdict: "unknown", reason: "not exercised" });
  });

  it("holds it to the lease inside faults, too: what nobody confirmed for that long is not credited", async () => {
    const cut = (lease: number | null, silentMs: number) =>
      aHistory({ capabilities: { lease_ms: lease } })
        .engine("a")
        .prompt("p", 2)
        .stores("a", "p")
        .wait(200)
        .fault("cut", "injected", ["a"])
        .fault("cut", "effective", ["a"])
        .removes("a", "p")
        .wait(silentMs)
        .asks("p", { a: 2 });
    expect(await cut(500, 500).verdictOf("S1")).toMatchObject({ verdict: "pass", opportunities: 1 });
    expect((await cut(500, 700).verdictOf("S1")).verdict).toBe("fail");
    expect((await cut(60_000, 50_000).verdictOf("S1")).verdict).toBe("pass");
    expect(await cut(null, 700).verdictOf("S1")).toMatchObject({ verdict: "unknown", reason: "not exercised" });
  });

  it("exempts an adapter that was just replaced, on that engine only for adapterNs", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", { blocks: 2, adapter: "sql@v1" })
      .stores("a", "p")
      .removes("a", "p")
      .wait(150)
      .add({ k: "adapter", engine: "a", adapter: "sql@v1", event: "unloaded" })
      .asks("p", { a: 2 });
    expect((await history.verdictOf("S1")).opportunities).toBe(0);
    expect((await history.wait(301).asks("p", { a: 2 }).verdictOf("S1")).verdict).toBe("fail");
  });
});
