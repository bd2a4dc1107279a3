import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const seen = () => aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(150).asks("p", { a: 3 }).wait(150);

describe("M6 monotonic view", () => {
  it("finds a prefix that was seen, is still held, and is gone from the answer", async () => {
    const result = await seen().asks("p", { a: 1 }).asks("p", { a: 3 }).verdictOf("M6");
    expect(result).toMatchObject({ verdict: "fail", violationCount: 1, measured: { regressions: 1 } });
  });

  it("only counts regressions in a fault window", async () => {
    const result = await seen().fault("cut", "injected").asks("p", {}).verdictOf("M6");
    expect(result).toMatchObject({ verdict: "pass", opportunities: 1, measured: { regressions: 1 } });
  });

  it("does not call it a regression when something was removed in between", async () => {
    const history = seen().removes("a", "p", { from: 2 }).stores("a", "p", { from: 2 }).wait(150).asks("p", { a: 2 });
    expect(await history.verdictOf("M6")).toMatchObject({ verdict: "pass", measured: { regressions: 0 } });
  });

  it("is idle when nothing is asked twice", async () => {
    expect(await seen().verdictOf("M6")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
