import { describe, expect, it } from "vitest";
import type { LedgerEntry, RunRecord } from "../history/records.js";
import { aHistory, type HistoryBuilder, identity } from "../testing/a-history.js";
import type { EngineState, StreamTruth } from "./engine-state.js";
import { Flag } from "./holder.js";
import { Truth } from "./truth.js";

const MS = 1e6;

function truthOf({ records }: HistoryBuilder): Truth {
  const [run, ...rest] = records;
  const truth = new Truth(run as RunRecord);
  for (const record of rest) truth.apply(record);
  return truth;
}

const engineIn = (truth: Truth, name: string): EngineState => truth.engine(name) as EngineState;
const streamOf = (truth: Truth, name: string): StreamTruth => engineIn(truth, name).stream(0);
const lastAt = ({ records }: HistoryBuilder): number => records.at(-1)?.at as number;
const ledgerIn = ({ records }: HistoryBuilder): LedgerEntry => records.find((r) => r.k === "ledger") as LedgerEntry;
/** Facts of the first block of the first prompt, by name. */
function flagsOf(truth: Truth): string[] {
  const { holder } = streamOf(truth, "a");
  const flags = holder.flags(holder.entry(0));
  return Object.entries(Flag).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
}

describe("Truth", () => {
  it("knows whether any engine of a prompt's model holds its first block now", () => {
    const fleet = (): HistoryBuilder =>
      aHistory().engine("a").engine("b").engine("c", { model: "n" }).prompt("p", 2).prompt("none", 0);
    const cached = (history: HistoryBuilder): boolean => truthOf(history).cached("p");
    expect(cached(fleet())).toBe(false);
    expect(cached(fleet().stores("b", "p"))).toBe(true);
    expect(cached(fleet().stores("b", "p", { rank: 1 }))).toBe(true);
    expect(cached(fleet().stores("b", "p").removes("b", "p", { to: 1 }))).toBe(false);
    expect(cached(fleet().stores("b", "p", { from: 1 }))).toBe(false);
    expect(cached(fleet().stores("c", "p"))).toBe(false);
    expect(truthOf(fleet().stores("a", "p")).cached("none")).toBe(false);
  });

  it("files every engine under its model once, and knows members of which nothing else is known", () => {
    const truth = truthOf(
      aHistory().engine("a").engine("b").engine("c", { model: "n" }).dies("a").returns("a").joins("z"),
    );
    expect(["m", "n", "x"].map((model) => truth.enginesOf(model).map(({ name }) => name))).toEqual([
      ["a", "b"],
      ["c"],
      [],
    ]);
    expect(truth.engines.map(({ name, index }) => [name, index])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
      ["z", 3],
    ]);
    expect([truth.modelCount, truth.engine("x")]).toEqual([2, undefined]);
  });

  it("counts batches, block operations, and what left on the wire readably", () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").removes("a", "p", { from: 2 }).clears("a");
    const burnt = truthOf(history.stores("a", "p", { wire: "burnt" }));
    expect(streamOf(burnt, "a")).toMatchObject({ sentBatches: 3, unreadableBatches: 1, sentUpTo: 3, burntLast: true });
    const truth = truthOf(history.stores("a", "p", { wire: "garbled" }));
    expect([truth.batches, truth.blockOperations]).toEqual([5, 10]);
    expect(streamOf(truth, "a")).toMatchObject({ sentBatches: 4, unreadableBatches: 2, sentUpTo: 5, burntLast: false });
    expect(truth.continuity.problems).toEqual([]);
  });

  it("leaves out what a life that is over says late, and tells of it", () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").dies("a").returns("a").stores("a", "p");
    history.records.push({ ...ledgerIn(history), seq: 1, at: lastAt(history) });
    const truth = truthOf(history);
    expect([truth.batches, streamOf(truth, "a").sentBatches, truth.blockOperations]).toEqual([2, 2, 6]);
    expect(truth.continuity.problems).toEqual(["a rank 0 epoch 1 published batch 1 after epoch 2 began"]);
  });

  it("tells of the dead that speak, and of removals without a copy", () => {
    const dead = truthOf(aHistory().engine("a").prompt("p", 1).life("a", "down").stores("a", "p"));
    expect(dead.continuity.problems).toEqual(["a epoch 1 published batch 0 after it was reported down"]);
    const history = aHistory().engine("a").prompt("p", 1).stores("a", "p", { medium: "CPU" }).removes("a", "p");
    expect(truthOf(history).continuity.problems).toEqual([
      `a rank 0 batch 1 removes ${identity("p/0")}, of which it holds no copy`,
    ]);
  });

  it("begins a life with its first batch, should that be recorded before the life itself", () => {
    const history = aHistory().engine("a").prompt("p", 2).stores("a", "p");
    history.records.push({ ...ledgerIn(history), epoch: 2, changes: [], at: lastAt(history) + MS });
    const truth = truthOf(history);
    expect(engineIn(truth, "a")).toMatchObject({ epoch: 2, lives: 2, alive: true, ready: false });
    expect(streamOf(truth, "a").holder.resident).toBe(0);
    expect(truth.continuity.problems).toEqual([]);
  });

  it("tells who lost a block last, and who lost everything at once, and why", () => {
    const history = aHistory().engine("a").engine("b").prompt("p", 3);
    history.stores("a", "p").stores("a", "p", { to: 1 }).stores("b", "p", { to: 1, rank: 1 });
    const truth = truthOf(history.removes("a", "p", { to: 2 }).clears("b", { rank: 1 }).leaves("b").dies("a"));
    expect([0, 1, 2].map((block) => truth.losses.loserSince(block, 0))).toEqual([-1, 0, -1]);
    expect(truth.losses.massSince(0).map(({ engine, rank, why }) => [engine, rank, why])).toEqual([
      [1, 1, "cleared its cache"],
      [1, null, "left"],
      [0, null, "died"],
    ]);
  });

  it("knows what no consumer can know, or must count twice", () => {
    const stored = (options: Parameters<HistoryBuilder["stores"]>[2] = {}): string[] =>
      flagsOf(truthOf(aHistory().engine("a").prompt("p", 1).stores("a", "p", options)));
    expect(stored()).toEqual(["ever", "inLife"]);
    expect(stored({ said: "misplaced" })).toEqual(["ever", "inLife", "untoldStore"]);
    expect(stored({ said: "unsaid" })).toEqual(["ever", "inLife", "untoldStore"]);
    expect(stored({ wire: "burnt" })).toEqual(["ever", "inLife", "untoldStore"]);
    expect(stored({ said: "doubled" })).toEqual(["ever", "inLife", "overstated"]);
    expect(stored({ wire: "garbled", said: "doubled" })).toEqual(["ever", "inLife", "untoldStore", "overstated"]);
    expect(stored({ medium: "CPU" })).toEqual(["ever", "inLife", "offGpu"]);
    expect(stored({ medium: "GPU" })).toEqual(["ever", "inLife"]);
    const unsaid = aHistory().engine("a").prompt("p", 1).stores("a", "p").removes("a", "p", { said: "unsaid" });
    expect(flagsOf(truthOf(unsaid))).toEqual(["ever", "inLife", "overstated"]);
  });

  it("calls a block of a model with two groups resident when both hold it, in any medium", () => {
    const residents = (history: HistoryBuilder): number => streamOf(truthOf(history), "a").holder.resident;
    const half = (): HistoryBuilder => aHistory().engine("a", { groups: 2 }).prompt("p", 1).stores("a", "p");
    expect(residents(half())).toBe(0);
    expect(residents(half().stores("a", "p", { medium: "CPU" }))).toBe(0);
    expect(residents(half().stores("a", "p", { group: 1, medium: "CPU" }))).toBe(1);
    expect(residents(half().stores("a", "p", { group: 1 }).removes("a", "p", { medium: "GPU" }))).toBe(0);
  });

  it.each([
    [null, 30_100],
    [5000, 35_100],
    [500_000, 150_100],
  ])("with a lease of %s ms keeps %d ms of the past", (lease_ms, ms) => {
    const lost = (passedMs: number): number | undefined => {
      const history = aHistory({ capabilities: { lease_ms } }).engine("a").prompt("p", 1).prompt("q", 1);
      const { holder } = streamOf(
        truthOf(history.stores("a", "p").removes("a", "p").wait(passedMs).stores("a", "q")),
        "a",
      );
      return holder.lostAt(holder.entry(0));
    };
    expect(lost(ms - 1)).toBeDefined();
    expect(lost(ms + 1)).toBeUndefined();
  });

  it("takes note of adapters", () => {
    const history = aHistory().engine("a").add({ k: "adapter", engine: "a", adapter: "x@1", event: "loaded" });
    expect(engineIn(truthOf(history), "a").adapterForgottenAt("x@1")).toBe(lastAt(history));
  });

  it("hears of what a tap missed", () => {
    const gap = { k: "truth-gap", engine: "a", rank: 0, epoch: 1, problem: "batch 3 never came" } as const;
    expect(truthOf(aHistory().engine("a").add(gap)).continuity.problems).toEqual([
      "a rank 0 epoch 1: batch 3 never came",
    ]);
  });
});

describe("what consumers cannot have again", () => {
  it("is all before an unreadable batch, and they may need the recovery time from then on", () => {
    const history = aHistory().engine("a").prompt("p", 1).wait(5000).stores("a", "p", { wire: "garbled" });
    const truth = truthOf(history);
    expect(streamOf(truth, "a").holder.lostBefore).toBe(lastAt(history));
    expect(engineIn(truth, "a").settlesAt).toBe(lastAt(history) + 1000 * MS);
  });

  it("is noticed, after a number that was never sent, with the next batch that is", () => {
    const history = aHistory().engine("a").prompt("p", 1).stores("a", "p", { wire: "burnt" });
    const burntAt = lastAt(history);
    expect(engineIn(truthOf(history.wait(5000).prompt("q", 1)), "a").settlesAt).toBe(burntAt + 1000 * MS);
    const next = lastAt(history.stores("a", "p"));
    const truth = truthOf(history.wait(100).stores("a", "p"));
    expect(engineIn(truth, "a").settlesAt).toBe(next + 1000 * MS);
    expect(streamOf(truth, "a").holder.lostBefore).toBe(burntAt);
  });

  /** Four batches 10 ms apart, then silence until consumers must have caught up. The ring keeps two. */
  const fourBatches = (history: HistoryBuilder): HistoryBuilder => {
    for (let n = 0; n < 4; n++) history.wait(10).publishes("a", []);
    return history;
  };
  const settled = (history: HistoryBuilder): HistoryBuilder => history.wait(5000).prompt("later", 1);
  /** Which of the batches is the last one lost; 0 = none. */
  const lostBatch = (history: HistoryBuilder): number => {
    const { lostBefore } = streamOf(truthOf(history), "a").holder;
    const ledgers = history.records.filter((record) => record.k === "ledger");
    return ledgers.findIndex(({ at }) => at === lostBefore) + 1;
  };
  const withRing = (): HistoryBuilder => aHistory().engine("a", { replayBatches: 2 }).wait(500).prompt("p", 1);

  it("is what the ring lost during a cut, and nothing without a cut", () => {
    expect(lostBatch(settled(fourBatches(withRing())))).toBe(0);
    const cut = fourBatches(withRing().fault("f", "injected")).fault("f", "recovered");
    expect(lostBatch(cut)).toBe(0);
    expect(lostBatch(settled(cut))).toBe(2);
  });

  it("is nothing when the fault ended the engine itself, or touched another one", () => {
    const other = fourBatches(withRing().engine("b").fault("f", "injected", ["b"])).fault("f", "recovered", ["b"]);
    expect(lostBatch(settled(other))).toBe(0);
    const paused = fourBatches(withRing().fault("f", "injected", ["a"], "process.stop"));
    expect(lostBatch(settled(paused.fault("f", "recovered", ["a"], "process.stop")))).toBe(0);
  });

  it("is what the ring lost while they joined, found the next life, or found back after a pause", () => {
    expect(lostBatch(settled(fourBatches(aHistory().engine("a", { replayBatches: 2 }))))).toBe(2);
    expect(lostBatch(settled(fourBatches(withRing().dies("a").returns("a"))))).toBe(2);
    expect(lostBatch(settled(fourBatches(withRing().life("a", "frozen").life("a", "thawed"))))).toBe(2);
    const alone = aHistory().engine("a", { replayBatches: 2, joins: false }).wait(500);
    expect(lostBatch(settled(fourBatches(alone.dies("a").returns("a"))))).toBe(0);
  });

  it("is all that was stored until the recovery time after a fault, where nobody can ask again", () => {
    const cut = (engine: string, targets: readonly string[], replay = false): number => {
      const history = aHistory().engine("a", { replay }).engine("b", { replay }).wait(5000);
      history.fault("f", "injected", targets).fault("f", "recovered", targets);
      return engineIn(truthOf(history), engine).lostBefore - lastAt(history);
    };
    expect(cut("a", ["gateway"])).toBe(1000 * MS);
    expect(cut("a", ["a"])).toBe(1000 * MS);
    expect(cut("a", ["b"])).toBeLessThan(0);
    expect(cut("a", ["gateway"], true)).toBe(Number.NEGATIVE_INFINITY);
  });
});
