import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const cached = () =>
  aHistory().engine("a").engine("b").prompt("p", 4).stores("a", "p").stores("b", "p", { to: 1 }).wait(150);

describe("R1 routing follows the truth", () => {
  it("finds a decision for an engine that holds less than another certainly does", async () => {
    const result = await cached().routes("p", "b").verdictOf("R1");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "b", proof: { held: { a: { certain: 4 }, b: { possible: 1 } } } }],
    });
    expect((await cached().routes("p", "a").verdictOf("R1")).verdict).toBe("pass");
  });

  it("judges real requests by what the engine held before the request filled its cache", async () => {
    const served = (engine: string) => {
      const history = cached();
      const sent = (history.now + 1000) * 1e6;
      return history.wait(20).stores("b", "p", { from: 1 }).requests("p", engine, { inv: sent, due: sent });
    };
    expect((await served("b").verdictOf("R1")).violations[0]?.summary).toContain("was sent to b, which held 1");
    expect((await served("a").verdictOf("R1")).verdict).toBe("pass");
  });

  it("does not demand trust in an engine that left a number unreadable, in that life", async () => {
    const incomplete = () => cached().stores("a", "p", { wire: "burnt" }).stores("a", "p").wait(1200);
    expect(await incomplete().routes("p", "b").verdictOf("R1")).toMatchObject({ violationCount: 0 });
    const reborn = incomplete().dies("a").returns("a").stores("a", "p").wait(1200);
    expect((await reborn.routes("p", "b").verdictOf("R1")).verdict).toBe("fail");
  });

  it("does not judge where load may decide, the match is below the minimum, or the send is a control", async () => {
    expect(
      (
        await cached()
          .routes("p", "b", { loads: { a: 3, b: 0 } })
          .verdictOf("R1")
      ).opportunities,
    ).toBe(0);
    expect(
      (
        await cached()
          .requests("p", "b", { loads: { a: 2, b: 2 } })
          .verdictOf("R1")
      ).opportunities,
    ).toBe(0);
    expect((await cached().routes("p", "b", { tag: "control:1" }).verdictOf("R1")).opportunities).toBe(0);
    const high = aHistory({ policy: { minMatchBlocks: 8 } })
      .engine("a")
      .engine("b")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(150);
    expect((await high.routes("p", "b").verdictOf("R1")).opportunities).toBe(0);
  });

  it("judges dry runs with equal loads", async () => {
    expect(
      (
        await cached()
          .routes("p", "b", { loads: { a: 2, b: 2 } })
          .verdictOf("R1")
      ).verdict,
    ).toBe("fail");
  });

  it("is idle when nothing is cached", async () => {
    const history = aHistory().engine("a").prompt("p", 4).routes("p", "a");
    expect(await history.verdictOf("R1")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
