import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const stored = () => aHistory().engine("a").engine("b").prompt("p", 4).stores("a", "p");
const converge = { probe: "converge" } as const;

describe("C1 convergence", () => {
  it("reports the symmetric difference that is left after the recovery bound", async () => {
    const result = await stored()
      .wait(1200)
      .asks("p", { a: 1 }, converge)
      .asks("p", { a: 4, b: 2 }, converge)
      .verdictOf("C1");
    expect(result).toMatchObject({
      verdict: "fail",
      violationCount: 2,
      measured: { missing_blocks: 3, extra_blocks: 2 },
    });
    expect(result.violations[0]).toMatchObject({ engine: "a", proof: { missing: 3, extra: 0, held: 4 } });
  });

  it("measures the time to converge, up to the first answer from which on all are exact", async () => {
    const history = stored()
      .wait(50)
      .asks("p", {}, converge)
      .wait(50)
      .asks("p", { a: 4 }, converge)
      .wait(2000)
      .asks("p", { a: 4 }, converge);
    const report = await history.judged();
    const result = report.properties.find((p) => p.id === "C1");
    expect(result).toMatchObject({ verdict: "pass", opportunities: 2 });
    expect(result?.measured?.time_to_converge_ms).toBeCloseTo(102, 0);
    expect(report.distributions.find((d) => d.measure === "converge_ms")?.count).toBe(1);
  });

  it("wants no credit for an engine that stands still, and none too much; and all of it once it goes on", async () => {
    const frozen = () => stored().life("a", "frozen").wait(1200);
    expect(await frozen().asks("p", {}, converge).verdictOf("C1")).toMatchObject({ violationCount: 0 });
    expect(await frozen().asks("p", { b: 2 }, converge).verdictOf("C1")).toMatchObject({ violationCount: 1 });
    const thawed = frozen().life("a", "thawed").wait(1200).asks("p", {}, converge);
    expect(await thawed.verdictOf("C1")).toMatchObject({ verdict: "fail", violationCount: 1 });
  });

  it("does not forgive an answer that goes wrong again after the recovery bound", async () => {
    const history = stored()
      .wait(500)
      .asks("p", { a: 4 }, converge)
      .wait(1000)
      .asks("p", {}, converge)
      .asks("p", { a: 4 }, converge);
    expect((await history.verdictOf("C1")).verdict).toBe("fail");
  });

  it("starts again at every disturbance", async () => {
    const history = stored()
      .wait(1200)
      .asks("p", { a: 4 })
      .removes("a", "p")
      .wait(500)
      .asks("p", { a: 4 })
      .wait(300)
      .asks("p", { a: 0 });
    expect((await history.verdictOf("C1")).verdict).toBe("unknown");
    expect((await history.asks("p", { a: 4 }).wait(900).asks("p", { a: 4 }).verdictOf("C1")).verdict).toBe("fail");
  });

  it("counts every stretch that was probed, or quiet for longer than the recovery bound, not only the last", async () => {
    const probed = stored().wait(50).asks("p", { a: 4 }, converge).leaves("a").leaves("b");
    expect(await probed.verdictOf("C1")).toMatchObject({ verdict: "pass", opportunities: 1 });
    const quiet = stored().wait(1200).asks("p", { a: 4 }).leaves("a").leaves("b");
    expect((await quiet.verdictOf("C1")).opportunities).toBe(1);
    const neither = stored().wait(500).asks("p", { a: 4 }).leaves("a").leaves("b");
    expect((await neither.verdictOf("C1")).opportunities).toBe(0);
  });

  it("wants nothing left of an engine that was removed", async () => {
    const history = stored().leaves("a").wait(1200).asks("p", { a: 4 }, converge);
    expect((await history.verdictOf("C1")).violations[0]).toMatchObject({ engine: "a", proof: { extra: 4 } });
  });

  it("is unknown when the run ended too early, or nothing was asked in quiet", async () => {
    const early = await stored().wait(500).asks("p", {}, converge).verdictOf("C1");
    expect(early.verdict).toBe("unknown");
    expect(early.reason).toContain("before the recovery bound");
    expect(await stored().verdictOf("C1")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
