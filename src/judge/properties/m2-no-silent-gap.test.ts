import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const late = () =>
  aHistory()
    .engine("a", { joins: false })
    .prompt("p", 2)
    .stores("a", "p", { to: 1 })
    .stores("a", "p", { from: 1 })
    .joins("a")
    .wait(600);
const burnt = () =>
  aHistory()
    .engine("a")
    .prompt("p", 2)
    .stores("a", "p")
    .stream("a", { lastSeq: 0, appliedBatches: 1 })
    .removes("a", "p", { wire: "burnt" });
const passedOver = () => burnt().stores("a", "p");

describe("M2 no silent gap", () => {
  it("finds a late joiner that calls itself live without the history before it", async () => {
    const result = await late().stream("a", { lastSeq: 1, appliedBatches: 0, gaps: 1 }).verdictOf("M2");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { gap: { kind: "joined late", batches: 2 } } }],
    });
  });

  it("accepts a late joiner that replayed it, or says that it could not", async () => {
    expect((await late().stream("a", { lastSeq: 1, appliedBatches: 2 }).verdictOf("M2")).verdict).toBe("pass");
    expect(await late().stream("a", { lastSeq: -1, state: "partial" }).verdictOf("M2")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
  });

  it("finds a burnt number that was passed over in silence, accepts a purge", async () => {
    expect((await passedOver().wait(600).stream("a", { lastSeq: 2, appliedBatches: 2 }).verdictOf("M2")).verdict).toBe(
      "fail",
    );
    expect(
      (await passedOver().wait(600).stream("a", { lastSeq: 2, appliedBatches: 2, purges: 1 }).verdictOf("M2")).verdict,
    ).toBe("pass");
  });

  it("does not ask for a number that was never sent before anything came after it", async () => {
    const silent = burnt().wait(600).stream("a", { lastSeq: 0, appliedBatches: 1 });
    expect(await silent.verdictOf("M2")).toMatchObject({ opportunities: 0 });
    const noticed = silent.stores("a", "p").wait(600).stream("a", { lastSeq: 2, appliedBatches: 2 });
    expect((await noticed.verdictOf("M2")).verdict).toBe("fail");
  });

  it("does not ask a late joiner for burnt numbers at the end, which nobody can know of", async () => {
    const late = () =>
      aHistory()
        .engine("a", { joins: false })
        .prompt("p", 1)
        .stores("a", "p")
        .stores("a", "p", { wire: "burnt" })
        .joins("a");
    const account = (appliedBatches: number) => ({ lastSeq: appliedBatches - 1, appliedBatches });
    expect((await late().wait(600).stream("a", account(1)).verdictOf("M2")).verdict).toBe("pass");
    expect((await late().wait(600).stream("a", account(0)).verdictOf("M2")).verdict).toBe("fail");
  });

  it("does not ask for the history of a life that had ended before the engine was registered", async () => {
    const history = aHistory().engine("a").prompt("p", 1).stores("a", "p").stores("a", "p").dies("a").joins("a");
    const reborn = history.returns("a").stores("a", "p").wait(600);
    expect(await reborn.stream("a", { lastSeq: 0, appliedBatches: 1 }).verdictOf("M2")).toMatchObject({
      violationCount: 0,
    });
  });

  it("accepts a gap before the first look that is closed by then, though fewer were replayed than had been missing", async () => {
    const history = aHistory().engine("a").prompt("p", 1);
    for (let batch = 0; batch < 9; batch++) history.stores("a", "p");
    const account = { missingBatches: 2, gaps: 1, replayedBatches: 1, lastSeq: 8 };
    const closed = history.stream("a", { ...account, appliedBatches: 9 }).wait(600);
    expect((await closed.stream("a", { ...account, appliedBatches: 9 }).verdictOf("M2")).violationCount).toBe(0);
  });

  it("finds a gap that was counted and nothing else", async () => {
    const counted = (now: object) =>
      aHistory()
        .engine("a")
        .prompt("p", 1)
        .stores("a", "p")
        .stream("a", { lastSeq: 0, appliedBatches: 1, gaps: 1, missingBatches: 2, ...now })
        .wait(600)
        .stream("a", { lastSeq: 0, appliedBatches: 1, gaps: 1, missingBatches: 2, ...now });
    expect((await counted({}).verdictOf("M2")).violations[0]?.proof).toMatchObject({
      gap: { kind: "counted", batches: 2 },
    });
    expect((await counted({ replayedBatches: 2 }).verdictOf("M2")).verdict).toBe("pass");
    expect((await counted({ state: "gapped" }).verdictOf("M2")).verdict).toBe("pass");
  });

  it("accepts a gap that late batches filled by themselves, but not one that was only counted", async () => {
    const counted = (appliedBatches: number) =>
      aHistory()
        .engine("a")
        .prompt("p", 3)
        .stores("a", "p", { to: 1 })
        .stream("a", { lastSeq: 0, appliedBatches: 1 })
        .stores("a", "p", { from: 1, to: 2 })
        .stores("a", "p", { from: 2 })
        .stream("a", { lastSeq: 2, appliedBatches, gaps: 1, missingBatches: 1 })
        .wait(600)
        .stream("a", { lastSeq: 2, appliedBatches, gaps: 1, missingBatches: 1 });
    expect((await counted(3).verdictOf("M2")).verdict).toBe("pass");
    expect((await counted(2).verdictOf("M2")).verdict).toBe("fail");
  });

  it("is idle without gaps, and gives no verdict on a gap that is younger than the bound", async () => {
    const history = aHistory()
      .engine("a")
      .prompt("p", 1)
      .stores("a", "p")
      .stream("a", { lastSeq: 0, appliedBatches: 1 });
    expect(await history.verdictOf("M2")).toMatchObject({ verdict: "unknown", opportunities: 0 });
    expect(
      (await passedOver().wait(100).stream("a", { lastSeq: 2, appliedBatches: 2 }).verdictOf("M2")).opportunities,
    ).toBe(0);
  });
});
