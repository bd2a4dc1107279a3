/** What a replay ring or its absence keeps from every consumer, against a router that has all that can be had, and one that has less. */
import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "./testing/a-history.js";

const converge = { probe: "converge" } as const;

async function verdicts(history: HistoryBuilder, ...ids: string[]): Promise<string[]> {
  const { properties } = await history.judged();
  return ids.map((id) => properties.find((property) => property.id === id)?.verdict ?? "missing");
}

/** `count` batches that leave nothing behind. */
function churns(history: HistoryBuilder, engine: string, count: number): HistoryBuilder {
  for (let i = 0; i < count; i += 2) history.stores(engine, "x").removes(engine, "x");
  return history;
}

describe("replays that are not what the publisher sent", () => {
  /** p had left the ring of 4 long before the fault, q had not. */
  const lied = (fault: string, replayBatches = 4) => {
    const history = aHistory().engine("a", { replayBatches }).prompt("p", 2).prompt("q", 2).prompt("x", 1);
    churns(history.wait(200).stores("a", "p"), "a", 4).stores("a", "q").wait(200);
    history.fault("lie", "injected", ["a"], fault).fault("lie", "effective", ["a"], fault).wait(100);
    return history.fault("lie", "recovered", ["a"], fault).wait(1200);
  };

  it("may cost what the ring does not keep: an answer without the last batch looks like a restarted publisher", async () => {
    for (const fault of ["replay.holes", "stream.corrupt", "stream.replay-truncated", "stream.corrupt-payload"]) {
      const history = lied(fault).asks("p", {}, converge).asks("q", { a: 2 }, converge);
      expect(await verdicts(history, "S2", "C1"), fault).toEqual(["pass", "pass"]);
    }
  });

  it("cost nothing that the ring still has", async () => {
    expect(await verdicts(lied("replay.holes").asks("q", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
    expect(await verdicts(lied("replay.holes", 100).asks("p", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("are no excuse where only live messages were lost", async () => {
    expect(await verdicts(lied("stream.drop").asks("p", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("an engine that publishes while its router is connecting", () => {
  it("without a replay endpoint, what was told before the subscription arrived is gone for good", async () => {
    const joined = () => aHistory().engine("a", { replay: false }).prompt("p", 2).prompt("q", 2).stores("a", "p");
    const history = joined().wait(150).stores("a", "q").wait(1500).asks("p", {}, converge);
    expect(await verdicts(history.asks("q", { a: 2 }, converge), "S2", "C1")).toEqual(["pass", "pass"]);
    const late = joined().wait(150).stores("a", "q").wait(1500).asks("q", {}, converge);
    expect(await verdicts(late, "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("so is, with a short ring, what had left it by then; not what it had", async () => {
    const joined = (ring: number) => {
      const history = aHistory().engine("a", { replayBatches: ring }).prompt("p", 2).prompt("x", 1);
      return churns(history.stores("a", "p"), "a", 4).wait(1500).asks("p", {}, converge);
    };
    expect(await verdicts(joined(4), "S2", "C1")).not.toContain("fail");
    expect(await verdicts(joined(5), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a new life that publishes more than its ring keeps before anybody can be back", async () => {
    const reborn = (ring: number) => {
      const history = aHistory().engine("a", { replayBatches: ring }).prompt("p", 2).prompt("x", 1).wait(200);
      history.dies("a").returns("a");
      return churns(history.stores("a", "p"), "a", 4).wait(1500).asks("p", {}, converge);
    };
    expect(await verdicts(reborn(4), "S2", "C1")).not.toContain("fail");
    expect(await verdicts(reborn(5), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a join in the middle of a cut is over ρ after the cut", async () => {
    const joined = (ring: number) => {
      const history = aHistory().engine("a", { replayBatches: ring, joins: false }).prompt("p", 2).prompt("x", 1);
      history.stores("a", "p").wait(200).fault("cut", "injected", ["a"]).fault("cut", "effective", ["a"]).joins("a");
      churns(history.wait(1500), "a", 4).fault("cut", "recovered", ["a"]);
      return history.wait(1200).asks("p", {}, converge);
    };
    expect(await verdicts(joined(4), "S2", "C1")).not.toContain("fail");
    expect(await verdicts(joined(5), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("an engine that goes on after a pause, faster than its ring lets anybody follow", async () => {
    const thawed = (ring: number) => {
      const history = aHistory().engine("a", { replayBatches: ring }).prompt("p", 2).prompt("x", 1).stores("a", "p");
      history.wait(200).life("a", "frozen").wait(5000).life("a", "thawed");
      return churns(history, "a", 4).wait(1500).asks("p", {}, converge);
    };
    expect(await verdicts(thawed(4), "S2", "C1")).not.toContain("fail");
    expect(await verdicts(thawed(5), "S2", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("a block of two groups of which the ring keeps one", () => {
  it("is not whole for anybody who begins with the ring", async () => {
    const history = aHistory().engine("a", { replayBatches: 4, groups: 2 }).prompt("p", 2).prompt("x", 1).wait(200);
    history.stores("a", "p", { group: 0 }).stores("a", "p", { group: 1 });
    for (let i = 0; i < 2; i++) history.stores("a", "x", { group: 0 }).removes("a", "x", { group: 0 });
    history.removes("a", "p", { group: 0 }).stores("a", "p", { group: 0 }).wait(200);
    history.fault("lie", "injected", ["a"], "replay.holes").fault("lie", "effective", ["a"], "replay.holes");
    history.fault("lie", "recovered", ["a"], "replay.holes").wait(1200).asks("p", {}, converge);
    expect(await verdicts(history, "S2", "C1")).not.toContain("fail");
  });
});

describe("routing to an engine of which a part is not to be had", () => {
  /** a holds all of p, b one block of it. */
  const routed = (before: (history: HistoryBuilder) => HistoryBuilder) => {
    const history = aHistory().engine("b").engine("a", { replay: false, joins: false }).prompt("p", 4).prompt("x", 1);
    before(history);
    return history.wait(200).stores("a", "p").stores("b", "p", { to: 1 }).wait(200).routes("p", "b");
  };

  it("may weigh it less: it published before its router listened, and cannot repeat it", async () => {
    const history = routed((h) => h.stores("a", "x").joins("a"));
    expect(await history.verdictOf("R1")).toMatchObject({ violationCount: 0 });
  });

  it("must not when nothing was missed: red", async () => {
    expect((await routed((h) => h.joins("a")).verdictOf("R1")).verdict).toBe("fail");
  });
});
