import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const restarted = () =>
  aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(150).dies("a").returns("a").stores("a", "p", { to: 1 });

describe("M3 epoch fence", () => {
  it("finds blocks of the life before a restart", async () => {
    const result = await restarted().wait(400).asks("p", { a: 3 }).verdictOf("M3");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { claimed: 3, epoch: 2, block: 1 } }],
    });
    expect(result.violations[0]?.summary).toContain("epoch 2");
  });

  it("allows Δ_restart, and holds when only the new life is claimed", async () => {
    expect((await restarted().wait(200).asks("p", { a: 3 }).verdictOf("M3")).opportunities).toBe(0);
    expect(await restarted().wait(400).asks("p", { a: 1 }).verdictOf("M3")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
  });

  it("finds entries of an engine that was removed, whether its process lives or not", async () => {
    const removed = (dies: boolean) => {
      const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(150).leaves("a");
      return (dies ? history.dies("a") : history).wait(400).asks("p", { a: 3 });
    };
    expect((await removed(false).verdictOf("M3")).violations[0]?.summary).toContain("it was removed at");
    expect((await removed(true).verdictOf("M3")).verdict).toBe("fail");
  });

  it("counts the deadline from the recovery of a fault that cut the engine off, which consumers must notice first", async () => {
    const cut = restarted()
      .fault("f", "injected", ["a"])
      .wait(400)
      .asks("p", { a: 3 })
      .fault("f", "recovered", ["a"])
      .wait(900);
    expect((await cut.asks("p", { a: 3 }).verdictOf("M3")).opportunities).toBe(0);
    expect((await cut.wait(200).asks("p", { a: 3 }).verdictOf("M3")).verdict).toBe("fail");
  });

  it("a fault of the engine itself moves the deadline by no more than Δ_restart", async () => {
    const crashed = restarted()
      .fault("f", "injected", ["a"], "process.kill")
      .fault("f", "recovered", ["a"], "process.kill");
    expect((await crashed.wait(200).asks("p", { a: 3 }).verdictOf("M3")).opportunities).toBe(0);
    expect((await crashed.wait(200).asks("p", { a: 3 }).verdictOf("M3")).verdict).toBe("fail");
  });

  it("is idle without restarts and departures", async () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(400).asks("p", { a: 3 });
    expect(await history.verdictOf("M3")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
