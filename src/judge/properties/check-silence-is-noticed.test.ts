import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";

const ID = "silence-is-noticed";

/** a is cut off for a while in which `during` happens; b is not. The silence bound is 5 s. */
const cut = (during: (history: HistoryBuilder) => HistoryBuilder, fault = "link.partition") => {
  const history = aHistory({ checks: [ID] })
    .engine("a")
    .engine("b")
    .prompt("p", 3);
  history.stores("a", "p").stores("b", "p").wait(200).asks("p", { a: 3, b: 3 });
  history.fault("cut", "injected", ["engines/a"], fault).fault("cut", "effective", ["engines/a"], fault);
  return during(history)
    .fault("cut", "recovering", ["engines/a"], fault)
    .fault("cut", "recovered", ["engines/a"], fault);
};

describe("silence-is-noticed", () => {
  it("finds a stream that is called live although nothing can be heard of it for longer than the bound", async () => {
    const states = (late: string) => (h: HistoryBuilder) =>
      h
        .wait(4000)
        .stream("a", { state: "live" })
        .wait(2000)
        .stream("a", { state: late })
        .stream("b", { state: "live" });
    const result = await cut(states("live")).verdictOf(ID);
    expect(result).toMatchObject({ verdict: "fail", violationCount: 1, violations: [{ engine: "a" }] });
    expect(result.violations[0]?.summary).toContain("was called live");
    expect(await cut(states("stale")).verdictOf(ID)).toMatchObject({ verdict: "pass", opportunities: 1 });
    expect((await cut(states("live"), "process.pause").verdictOf(ID)).verdict).toBe("fail");
  });

  it("finds a system that forgets the others, or stops learning of them, meanwhile", async () => {
    const forgets = await cut((h) => h.wait(1000).asks("p", { a: 3 })).verdictOf(ID);
    expect(forgets).toMatchObject({ verdict: "fail", violations: [{ engine: "b" }] });
    const learns = (answer: Record<string, number>) =>
      cut((h) => h.prompt("q", 2).stores("b", "q").wait(300).asks("q", answer)).verdictOf(ID);
    expect((await learns({})).verdict).toBe("fail");
    expect(await learns({ b: 2 })).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("asks nothing about faults that leave the stream to be heard, nor before and after", async () => {
    const late = (h: HistoryBuilder) => h.wait(6000).stream("a", { state: "live" });
    const unasked = { verdict: "unknown", reason: "not exercised" };
    expect(await cut(late, "stream.drop").verdictOf(ID)).toMatchObject(unasked);
    expect(
      await cut((h) => h.wait(10))
        .stream("a", { state: "live" })
        .verdictOf(ID),
    ).toMatchObject(unasked);
  });
});
