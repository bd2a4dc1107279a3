import { describe, expect, it } from "vitest";
import type { QueryRecord } from "../history/records.js";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";
import type { Divergence } from "../verdict.js";

/** Two engines that hold 4 and 2 blocks of "p" long enough for both to be certain. */
function twoEngines(): HistoryBuilder {
  return aHistory().engine("a").engine("b").prompt("p", 4).stores("a", "p").stores("b", "p", { to: 2 }).wait(500);
}

const divergenceOf = async (history: HistoryBuilder): Promise<Divergence> => (await history.judged()).divergence;

/** Asked and answered at that very millisecond of the run. */
function asksAt(history: HistoryBuilder, ms: number, answer: Record<string, number>): void {
  history.wait(ms - history.now);
  const at = (1000 + ms) * 1e6;
  history.asks("p", answer, { at, inv: at, ret: at, tookMs: 0 } as Partial<QueryRecord>);
}

describe("the map of wrong answers", () => {
  it("adds up the blocks claimed too much and too little, by engine and tenth of a second", async () => {
    const history = twoEngines();
    asksAt(history, 600, { a: 4, b: 2 });
    asksAt(history, 610, { a: 3, b: 4 });
    asksAt(history, 620, { b: 3 });
    asksAt(history, 700, { a: 4, b: 3 });
    expect(await divergenceOf(history)).toEqual({
      bucketMs: 100,
      engines: ["a", "b"],
      cells: [
        { engine: 0, bucket: 6, extra: 0, missing: 5 },
        { engine: 1, bucket: 6, extra: 3, missing: 0 },
        { engine: 1, bucket: 7, extra: 1, missing: 0 },
      ],
    });
  });

  it("makes two buckets one when the run outgrows the map, and keeps what was counted", async () => {
    const history = twoEngines();
    asksAt(history, 600, { a: 3, b: 2 });
    asksAt(history, 700, { a: 4, b: 3 });
    asksAt(history, 750, { a: 2, b: 2 });
    asksAt(history, 23_999, { a: 4, b: 3 });
    expect((await divergenceOf(history)).bucketMs).toBe(100);
    asksAt(history, 24_000, { a: 4, b: 2 });
    expect(await divergenceOf(history)).toEqual({
      bucketMs: 200,
      engines: ["a", "b"],
      cells: [
        { engine: 0, bucket: 3, extra: 0, missing: 3 },
        { engine: 1, bucket: 3, extra: 1, missing: 0 },
        { engine: 1, bucket: 119, extra: 1, missing: 0 },
      ],
    });
    asksAt(history, 100_000, { a: 5, b: 2 });
    const later = await divergenceOf(history);
    expect(later.bucketMs).toBe(800);
    expect(later.cells).toEqual([
      { engine: 0, bucket: 0, extra: 0, missing: 3 },
      { engine: 0, bucket: 125, extra: 1, missing: 0 },
      { engine: 1, bucket: 0, extra: 1, missing: 0 },
      { engine: 1, bucket: 29, extra: 1, missing: 0 },
    ]);
  });

  it("makes two buckets one where only some engines were wrong", async () => {
    const history = twoEngines();
    asksAt(history, 700, { a: 4, b: 1 });
    asksAt(history, 24_000, { a: 4, b: 2 });
    expect((await divergenceOf(history)).cells).toEqual([{ engine: 1, bucket: 3, extra: 0, missing: 1 }]);
  });

  it("misses nothing of an engine that is no member, and holds too much said of it against the system", async () => {
    const history = twoEngines().leaves("a").wait(500);
    asksAt(history, 1200, { b: 2 });
    asksAt(history, 1300, { a: 5, b: 1 });
    expect((await divergenceOf(history)).cells).toEqual([
      { engine: 0, bucket: 13, extra: 1, missing: 0 },
      { engine: 1, bucket: 13, extra: 0, missing: 1 },
    ]);
  });

  it("has nothing to say of engines that publish no events, or of answers that were right", async () => {
    const history = aHistory().engine("a", { events: false }).engine("b").prompt("p", 2).stores("b", "p").wait(500);
    asksAt(history, 600, { a: 2, b: 2 });
    expect(await divergenceOf(history)).toEqual({ bucketMs: 100, engines: ["a", "b"], cells: [] });
  });
});
