import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";

/** Two engines that hold "p", and a fault that is over: its recovery was seen at `recoveredAt`. */
function recovered(): HistoryBuilder {
  const history = aHistory().engine("a").engine("b").prompt("p", 2).prompt("q", 2);
  history.stores("a", "p").stores("b", "p").wait(500);
  return broken(history, "cut");
}

function broken(history: HistoryBuilder, id: string): HistoryBuilder {
  return history.fault(id, "injected").fault(id, "effective").fault(id, "recovered");
}

const RIGHT = { a: 2, b: 2 };
const WRONG = { a: 2 };

/** How long answers were wrong after each fault, in milliseconds; null = nobody could tell. */
async function tookMs(history: HistoryBuilder): Promise<(number | null)[]> {
  return (await history.judged()).faults.map(({ exactAfterMs }) => exactAfterMs);
}

/** In the run's record a step takes 0.01 ms and an answer 1 ms. */
describe("the time to recover", () => {
  it("ends with the first answer from which on all are right", async () => {
    expect(await tookMs(recovered().wait(100).asks("p", RIGHT).wait(50).asks("p", RIGHT))).toEqual([101.01]);
    const wrongAgain = recovered().asks("p", RIGHT).asks("p", WRONG).wait(50).asks("p", RIGHT).asks("p", RIGHT);
    expect(await tookMs(wrongAgain)).toEqual([53.03]);
  });

  it("is unknown when the last answer was wrong, or none came", async () => {
    expect(await tookMs(recovered().asks("p", RIGHT).asks("p", WRONG))).toEqual([null]);
    expect(await tookMs(recovered().wait(100))).toEqual([null]);
    const lasting = recovered().fault("lag", "injected").fault("lag", "effective").asks("p", RIGHT);
    expect(await tookMs(lasting)).toEqual([null, null]);
  });

  it("counts no answer to a question that was asked before", async () => {
    const history = recovered();
    const inv = (1000 + history.now - 0.01) * 1e6;
    expect(await tookMs(history.asks("p", RIGHT, { inv }))).toEqual([null]);
    expect(await tookMs(history.asks("p", WRONG, { inv }).wait(10).asks("p", RIGHT))).toEqual([13.03]);
    const justThen = recovered();
    expect(await tookMs(justThen.asks("p", RIGHT, { inv: justThen.records.at(-1)?.at as number }))).toEqual([1.01]);
  });

  it("learns nothing from answers that claim nothing where nothing was held", async () => {
    expect(await tookMs(recovered().asks("q", {}).wait(10).asks("p", RIGHT))).toEqual([12.02]);
    // What is claimed of what is held since a moment ago is no mistake, and says that the engine is known.
    const fresh = recovered().stores("a", "q").asks("q", { a: 2 });
    expect(await tookMs(fresh)).toEqual([1.02]);
  });

  it("is prolonged by claims of more than was held, or about engines that never were", async () => {
    expect(await tookMs(recovered().asks("p", { ...RIGHT, a: 3 }))).toEqual([null]);
    expect(await tookMs(recovered().asks("p", { ...RIGHT, nobody: 1 }))).toEqual([null]);
  });

  it("is not prolonged by engines that are down, starting, no members, or publish nothing", async () => {
    const excused = (change: (history: HistoryBuilder) => HistoryBuilder) =>
      tookMs(change(recovered()).asks("p", { a: 2, b: 1 }));
    expect(await excused((history) => history)).toEqual([null]);
    expect(await excused((history) => history.dies("b"))).toEqual([1.03]);
    expect(await excused((history) => history.leaves("b"))).toEqual([1.02]);
    expect(await excused((history) => history.dies("b").life("b", "starting"))).toEqual([1.04]);
    // Who left is rightly left out, though it holds the blocks still.
    expect(await tookMs(recovered().leaves("a").leaves("b").asks("p", {}))).toEqual([1.03]);
    const silent = aHistory().engine("a").engine("mute", { events: false }).prompt("p", 2).stores("a", "p").wait(500);
    expect(await tookMs(broken(silent, "cut").asks("p", { a: 2, mute: 2 }))).toEqual([1.01]);
  });

  it("is watched for each fault until the next one begins", async () => {
    const twice = broken(recovered().asks("p", RIGHT).wait(10), "lag").asks("p", WRONG).asks("p", RIGHT);
    expect(await tookMs(twice)).toEqual([1.01, 2.02]);
    const together = recovered().fault("lag", "recovered").asks("p", RIGHT);
    expect(await tookMs(together)).toEqual([1.02, 1.01]);
  });

  it("is watched until everybody leaves", async () => {
    const left = recovered().asks("p", RIGHT).add({ k: "phase", name: "drain" }).asks("p", WRONG);
    expect(await tookMs(left)).toEqual([1.01]);
    const measured = await left.judged();
    expect(measured.distributions.find(({ measure }) => measure === "recovery_ms")).toMatchObject({
      count: 1,
      max: 1.01,
    });
    const converging = recovered().asks("p", RIGHT).add({ k: "phase", name: "converge" }).asks("p", WRONG);
    expect(await tookMs(converging)).toEqual([null]);
    const marked = recovered().asks("p", RIGHT).add({ k: "mark", name: "drain" }).asks("p", WRONG);
    expect(await tookMs(marked)).toEqual([null]);
  });
});
