import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

describe("S0 no invention", () => {
  it("names the engine and the first block it never held, even in the middle of a fault", async () => {
    const result = await aHistory()
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p", { to: 2 })
      .fault("cut", "injected")
      .wait(10)
      .asks("p", { a: 3 })
      .verdictOf("S0");
    expect(result.verdict).toBe("fail");
    expect(result.violations[0]).toMatchObject({
      engine: "a",
      proof: { claimed: 3, block: 2, holders: [{ never: true }] },
    });
    expect(result.violations[0]?.summary).toContain("it never held more than 2");
  });

  it("finds an engine that does not exist, and blocks beyond the end of the prompt", async () => {
    const history = aHistory().engine("a").prompt("p", 2).stores("a", "p").asks("p", { a: 3, ghost: 1 });
    expect((await history.verdictOf("S0")).violations.map((v) => v.engine)).toEqual(["a", "ghost"]);
  });

  it("does not call an outdated answer an invention", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p")
      .removes("a", "p")
      .wait(9000)
      .asks("p", { a: 4 });
    expect(await history.verdictOf("S0")).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("is unknown, and makes the run unknown, when no answer claimed anything", async () => {
    const report = await aHistory().engine("a").prompt("p", 4).asks("p", {}).judged();
    expect(report.properties.find((p) => p.id === "S0")).toMatchObject({ verdict: "unknown", opportunities: 0 });
    expect(report.exitCode).toBe(2);
  });
});
