import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const shared = () =>
  aHistory()
    .engine("a")
    .engine("b")
    .prompt("p", 3)
    .stores("a", "p")
    .stores("b", "p")
    .wait(150)
    .asks("p", { a: 3, b: 3 })
    .wait(150);

describe("I2 engine isolation", () => {
  it("keeps block 1 for engine b when engine a evicts it", async () => {
    const result = await shared().removes("a", "p", { from: 1 }).wait(10).asks("p", { a: 1, b: 1 }).verdictOf("I2");
    expect(result).toMatchObject({ verdict: "fail", violations: [{ engine: "b", proof: { claimed: 1, certain: 3 } }] });
    expect(result.violations[0]?.summary).toContain("a removed block 1");
  });

  it.each([
    ["clears its cache", "cleared its cache", (h: ReturnType<typeof shared>) => h.clears("a")],
    ["dies", "died", (h: ReturnType<typeof shared>) => h.dies("a")],
    ["leaves", "left", (h: ReturnType<typeof shared>) => h.leaves("a")],
  ])("keeps engine b's blocks when engine a %s", async (_, why, happens) => {
    const result = await happens(shared()).wait(10).asks("p", {}).verdictOf("I2");
    expect(result.violations[0]).toMatchObject({ engine: "b" });
    expect(result.violations[0]?.summary).toContain(why);
    expect((await happens(shared()).wait(10).asks("p", { b: 3 }).verdictOf("I2")).verdict).toBe("pass");
  });

  it("keeps block 1 for one rank when another rank of the same engine evicts it", async () => {
    const ranks = () => aHistory().engine("a").prompt("p", 2).stores("a", "p").stores("a", "p", { rank: 1 }).wait(150);
    const evicted = (blocks: number) =>
      ranks()
        .asks("p", { a: 2 })
        .removes("a", "p", { from: 1, rank: 1 })
        .wait(10)
        .asks("p", { a: blocks })
        .verdictOf("I2");
    expect((await evicted(1)).verdict).toBe("fail");
    expect(await evicted(2)).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("allows no staleness: what was credited a moment ago was known", async () => {
    const history = aHistory()
      .engine("a")
      .engine("b")
      .prompt("p", 2)
      .stores("a", "p")
      .stores("b", "p")
      .wait(5)
      .asks("p", { a: 2, b: 2 });
    expect((await history.removes("a", "p").asks("p", {}).verdictOf("I2")).verdict).toBe("fail");
  });

  it("judges b while a is the target of a fault, but not while b is", async () => {
    const during = (target: string) =>
      shared()
        .fault("f", "injected", [`engines/${target}`])
        .removes("a", "p")
        .wait(10)
        .asks("p", {});
    expect((await during("a").verdictOf("I2")).verdict).toBe("fail");
    expect((await during("b").verdictOf("I2")).opportunities).toBe(0);
  });

  it("is idle when nobody loses anything", async () => {
    expect(await shared().asks("p", { a: 3, b: 3 }).verdictOf("I2")).toMatchObject({
      verdict: "unknown",
      opportunities: 0,
    });
  });
});
