import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

describe("S3 prefix contiguity", () => {
  it("finds credit for an engine that lacks block 0, which another engine has", async () => {
    const history = aHistory()
      .engine("a")
      .engine("b")
      .prompt("p", 3)
      .stores("a", "p")
      .stores("b", "p", { from: 1 })
      .wait(150);
    const result = await history.asks("p", { a: 3, b: 3 }).verdictOf("S3");
    expect(result.violations).toHaveLength(1);
    expect(result.violations[0]).toMatchObject({ engine: "b", proof: { block: 0 } });
  });

  it("finds it in the middle of a fault too", async () => {
    const history = aHistory()
      .engine("b")
      .prompt("p", 3)
      .stores("b", "p", { from: 1 })
      .fault("cut", "injected")
      .wait(150);
    expect((await history.asks("p", { b: 3 }).verdictOf("S3")).verdict).toBe("fail");
  });

  it("finds blocks that were never held together, though each was held within the window", async () => {
    const history = aHistory().engine("a").prompt("p", 2).stores("a", "p", { to: 1 }).wait(500);
    history.removes("a", "p", { to: 1 }).wait(20).stores("a", "p", { from: 1 }).wait(20).asks("p", { a: 2 });
    expect((await history.verdictOf("S3")).verdict).toBe("fail");
    expect((await history.verdictOf("S1")).verdict).toBe("pass");
  });

  it("finds credit borrowed from another rank", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 2)
      .stores("a", "p", { to: 1 })
      .stores("a", "p", { from: 1, rank: 1 })
      .wait(150);
    expect((await history.asks("p", { a: 2 }).verdictOf("S3")).verdict).toBe("fail");
  });

  it("accepts an answer that was true at one moment of the window", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 2)
      .stores("a", "p")
      .wait(500)
      .removes("a", "p")
      .wait(20)
      .asks("p", { a: 2 });
    expect(await history.verdictOf("S3")).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("is unknown when nothing was claimed", async () => {
    expect((await aHistory().engine("a").prompt("p", 2).asks("p", {}).verdictOf("S3")).verdict).toBe("unknown");
  });
});
