import { describe, expect, it } from "vitest";
import type { RunRecord } from "../history/records.js";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";
import { AnswerMemory } from "./answer-memory.js";
import { type Standing, Survey } from "./survey.js";
import { Truth } from "./truth.js";

const MS = 1e6;
/** Moments of the histories below, in milliseconds of the run, as nanoseconds. */
const at = (ms: number): number => (1000 + ms) * MS;

function truthOf({ records }: HistoryBuilder): Truth {
  const [run, ...rest] = records;
  const truth = new Truth(run as RunRecord);
  for (const record of rest) truth.apply(record);
  return truth;
}

type Window = readonly [fromMs: number, toMs: number];

function survey(history: HistoryBuilder, [from, to]: Window, claims?: Record<string, number>, gpuOnly = false): Survey {
  const truth = truthOf(history);
  return new Survey(truth, truth.prompts.get("p"), { from: at(from), to: at(to), gpuOnly }, claims);
}

/** All lengths of one engine's part. */
function lengths(standing: Standing | undefined): Record<string, number> {
  const { possible, certain } = standing as Standing;
  const s = standing as Standing;
  return { possible, certain, together: s.together(), ever: s.ever(), inLife: s.inLife() };
}

describe("Survey", () => {
  it("measures what an engine had throughout the window, at some moment of it, at one moment, in its life, and ever", () => {
    const history = aHistory().engine("a").prompt("p", 6).stores("a", "p").wait(100);
    history.dies("a").returns("a").wait(100).stores("a", "p", { to: 5 }).wait(100);
    history.removes("a", "p", { from: 4, to: 5 }).wait(100);
    history.removes("a", "p", { from: 2, to: 3 }).wait(100).stores("a", "p", { from: 4, to: 5 }).wait(100);
    expect(lengths(survey(history, [390, 510]).of("a"))).toEqual({
      possible: 5,
      certain: 2,
      together: 4,
      ever: 6,
      inLife: 5,
    });
  });

  it("takes each length from the rank that has most of it", () => {
    const history = aHistory().engine("a").prompt("p", 4);
    history
      .stores("a", "p", { rank: 0, to: 1 })
      .stores("a", "p", { rank: 1, to: 3 })
      .stores("a", "p", { rank: 2, to: 2 });
    expect(lengths(survey(history.wait(200), [100, 200]).of("a"))).toEqual({
      possible: 3,
      certain: 3,
      together: 3,
      ever: 3,
      inLife: 3,
    });
  });

  it("demands nothing outside the GPU where tiers are not kept apart", () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p", { to: 1 });
    history.stores("a", "p", { from: 1, medium: "CPU" }).wait(200);
    expect(survey(history, [100, 200]).of("a")?.certain).toBe(3);
    expect(lengths(survey(history, [100, 200], {}, true).of("a"))).toMatchObject({ possible: 3, certain: 1 });
  });

  it("demands nothing that was lost to every consumer, or cached for an adapter before that changed", () => {
    const lost = aHistory().engine("a").prompt("p", 3).stores("a", "p", { to: 2 });
    lost.publishes("a", [], { wire: "garbled" }).stores("a", "p", { from: 2 }).wait(200);
    expect(lengths(survey(lost, [100, 200]).of("a"))).toMatchObject({ possible: 3, certain: 0 });
    const adapted = aHistory().engine("a").prompt("p", { blocks: 3, adapter: "x@1" }).stores("a", "p");
    expect(survey(adapted.wait(200), [100, 200]).of("a")?.certain).toBe(3);
    const [engine] = adapted.records.filter((record) => record.k === "ledger");
    adapted.records.push({ k: "adapter", at: engine?.at ?? 0, engine: "a", adapter: "x@1", event: "loaded" });
    expect(survey(adapted, [100, 200]).of("a")?.certain).toBe(0);
  });

  it("tells what was kept since an earlier moment, of the blocks that were claimed then", () => {
    const history = aHistory().engine("a").prompt("p", 4).stores("a", "p", { to: 2 }).wait(100);
    const standing = survey(history.stores("a", "p", { from: 2 }).wait(200), [200, 300]).of("a") as Standing;
    expect([standing.keptSince(at(50), 4), standing.keptSince(at(150), 4), standing.keptSince(at(150), 3)]).toEqual([
      2, 4, 3,
    ]);
  });

  it("sets claims beside all engines of the model, engines of other models that are named, and strangers", () => {
    const history = aHistory()
      .engine("a")
      .engine("b")
      .engine("c", { model: "n" })
      .engine("d", { model: "n" })
      .prompt("p", 2);
    const { standings, strangers } = survey(history, [0, 1], { c: 1, b: 2, x: 3 });
    expect(standings.map(({ engine, claimed }) => [engine.name, claimed])).toEqual([
      ["a", 0],
      ["b", 2],
      ["c", 1],
    ]);
    expect(strangers).toEqual([{ name: "x", claimed: 3 }]);
    expect(survey(history, [0, 1]).of("c")).toBe(undefined);
  });

  it("knows whether the engine itself, and the whole fleet, leave no excuse", () => {
    const history = aHistory().engine("a").engine("b", { joins: false }).prompt("p", 2).wait(100);
    const calm = survey(history, [50, 100]);
    expect([calm.calm, calm.of("a")?.settled, calm.of("b")?.settled]).toEqual([true, true, false]);
    history.fault("f", "injected").fault("f", "recovered").wait(3000);
    expect([survey(history, [1000, 1001]).calm, survey(history, [1200, 1201]).calm]).toEqual([false, true]);
  });
});

describe("AnswerMemory", () => {
  const fleet = aHistory().engine("a").engine("b").prompt("p", 4).prompt("q", 4);
  const truth = truthOf(fleet);
  const asked = (prompt: string, claims: Record<string, number>): Survey =>
    new Survey(truth, truth.prompts.get(prompt), { from: at(0), to: at(1), gpuOnly: false }, claims);
  const recalled = (memory: AnswerMemory, prompt: string): [string, number, number][] => {
    const now = asked(prompt, {});
    memory.recall(now);
    return now.standings.map((s) => [s.engine.name, s.previouslyClaimed, s.previouslyAskedAt]);
  };

  it("recalls the last answer per prompt and engine, and none where an engine was never credited", () => {
    const memory = new AnswerMemory();
    expect(recalled(memory, "p")).toEqual([
      ["a", -1, 0],
      ["b", -1, 0],
    ]);
    memory.remember(asked("p", { b: 3 }), 100);
    memory.remember(asked("q", { b: 1 }), 200);
    expect(recalled(memory, "p")).toEqual([
      ["a", -1, 0],
      ["b", 3, 100],
    ]);
    expect(recalled(memory, "q")).toEqual([
      ["a", -1, 0],
      ["b", 1, 200],
    ]);
  });

  it("recalls also that an engine which was credited before was credited with nothing the last time", () => {
    const memory = new AnswerMemory();
    memory.remember(asked("p", { a: 3 }), 100);
    const later = asked("p", {});
    memory.recall(later);
    memory.remember(later, 200);
    expect(recalled(memory, "p")).toEqual([
      ["a", 0, 200],
      ["b", -1, 0],
    ]);
  });

  it("keeps the answers about hundreds of prompts apart", () => {
    const history = aHistory().engine("a");
    for (let n = 0; n < 300; n++) history.prompt(`p${n}`, 1);
    const many = truthOf(history);
    const ask = (n: number, claims = {}): Survey =>
      new Survey(many, many.prompts.get(`p${n}`), { from: at(0), to: at(1), gpuOnly: false }, claims);
    const memory = new AnswerMemory();
    for (let n = 0; n < 300; n++) memory.remember(ask(n, { a: n + 1 }), n * 10);
    for (let n = 0; n < 300; n++) {
      const now = ask(n);
      memory.recall(now);
      expect([now.of("a")?.previouslyClaimed, now.of("a")?.previouslyAskedAt]).toEqual([n + 1, n * 10]);
    }
  });
});
