/** Each kind of fault against two routers: one that does what can be done, which must stay green, and one that does not. */
import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "./testing/a-history.js";

const converge = { probe: "converge" } as const;

async function verdicts(history: HistoryBuilder, ...ids: string[]): Promise<string[]> {
  const { properties } = await history.judged();
  return ids.map((id) => properties.find((property) => property.id === id)?.verdict ?? "missing");
}

describe("a half-open partition", () => {
  const cut = () =>
    aHistory()
      .engine("a")
      .prompt("p", 4)
      .prompt("q", 2)
      .stores("a", "p")
      .asks("p", { a: 4 })
      .fault("cut", "injected", ["a"])
      .fault("cut", "effective", ["a"])
      .removes("a", "p")
      .stores("a", "q")
      .wait(3000);

  it("a router that cannot know goes on answering what was true, and calls itself live: green", async () => {
    const history = cut().stream("a", { lastSeq: 0, appliedBatches: 1 }).asks("p", { a: 4 }).asks("q", {});
    history.fault("cut", "recovering", ["a"]).fault("cut", "recovered", ["a"]).wait(500).asks("p", { a: 4 });
    history.stores("a", "p").wait(1200).asks("p", { a: 4 }, converge).asks("q", { a: 2 }, converge);
    expect(await verdicts(history, "S0", "S1", "S2", "S3", "M1", "M2", "C1")).not.toContain("fail");
  });

  it("answers that were never true are not excused by it: red in the middle of the fault", async () => {
    expect(await verdicts(cut().asks("q", { a: 2, ghost: 1 }), "S0")).toEqual(["fail"]);
  });

  it("a router that never reads the stream again: red after the recovery bound, for what it misses and what it keeps", async () => {
    const history = cut().fault("cut", "recovered", ["a"]).wait(1200).asks("p", { a: 4 }).asks("q", {});
    expect(await verdicts(history, "S1", "S2", "C1")).toEqual(["fail", "fail", "fail"]);
  });

  it("does not excuse answers about engines on the other side of it", async () => {
    const history = cut().engine("b").prompt("r", 3).stores("b", "r").asks("r", { b: 3 });
    history.engine("c").prompt("s", 1).stores("c", "s").stores("c", "r").removes("c", "r").asks("r", {});
    expect(await verdicts(history, "I2")).toEqual(["fail"]);
  });
});

describe("a burnt number before a long silence", () => {
  /** Bounds of hand-made histories: staleness 100 ms, recovery 1 s. */
  const noticed = () =>
    aHistory()
      .engine("a")
      .prompt("p", 2)
      .prompt("q", 2)
      .stores("a", "p")
      .asks("p", { a: 2 })
      .stores("a", "p", { wire: "burnt" })
      .wait(5000)
      .stores("a", "q")
      .wait(300)
      .asks("q", {});

  it("gives a router its recovery time from when it can notice: green", async () => {
    const history = noticed().wait(900).asks("q", { a: 2 }).stores("a", "p").wait(200).asks("p", { a: 2 });
    expect(await verdicts(history, "S1", "S2")).toEqual(["pass", "pass"]);
  });

  it("no longer than that: red", async () => {
    expect(await verdicts(noticed().wait(1000).asks("q", {}), "S2")).toEqual(["fail"]);
  });
});

describe("a restart of the router itself", () => {
  const before = () =>
    aHistory()
      .engine("a", { replayBatches: 100 })
      .prompt("p", 3)
      .stores("a", "p", { to: 1 })
      .stores("a", "p", { from: 1, to: 2 })
      .stores("a", "p", { from: 2 })
      .stream("a", { lastSeq: 2, appliedBatches: 3, lives: 1 })
      .counters("a", { received: 9, applied: 3, duplicate: 6 })
      .fault("kill", "injected", ["gateway"], "process.kill")
      .fault("kill", "effective", ["gateway"], "process.kill")
      .wait(500)
      .sutRestarts("a")
      .fault("kill", "recovered", ["gateway"], "process.kill");

  it("positions and counters that begin anew, and history that comes by replay: green", async () => {
    const history = before()
      .stream("a", { state: "catching-up", lastSeq: 1, appliedBatches: 2 })
      .counters("a", { received: 2, applied: 2 })
      .wait(600)
      .stream("a", { lastSeq: 2, appliedBatches: 3 })
      .counters("a", { received: 3, applied: 3 })
      .dump({ a: 3 })
      .wait(600)
      .asks("p", { a: 3 }, converge);
    expect(await verdicts(history, "M1", "M2", "O1", "B1", "C1")).toEqual(["pass", "pass", "pass", "pass", "pass"]);
  });

  it("also when the new life's account is first seen before its joins are", async () => {
    const history = before();
    const joins = history.records.splice(-2, 1);
    history.stream("a", { lastSeq: 1, appliedBatches: 2 }).counters("a", { received: 2, applied: 2 });
    expect(joins).toMatchObject([{ k: "member" }]);
    expect(await verdicts(history, "M1", "O1")).toEqual(["pass", "pass"]);
  });

  it("a new life that calls itself live without the history before it: red", async () => {
    const history = before().wait(600).stream("a", { lastSeq: 2, appliedBatches: 0 });
    expect(await verdicts(history, "M2")).toEqual(["fail"]);
  });

  it("a new life that applies a replay twice, or whose counters go backwards: red", async () => {
    const twice = before().stream("a", { lastSeq: 2, appliedBatches: 6 });
    expect(await verdicts(twice, "M1")).toEqual(["fail"]);
    const backwards = before().counters("a", { received: 3, applied: 3 }).counters("a", { received: 1, applied: 1 });
    expect(await verdicts(backwards, "O1")).toEqual(["fail"]);
  });
});

describe("an engine that restarts behind a partition", () => {
  const restarted = () =>
    aHistory()
      .engine("a")
      .prompt("p", 3)
      .stores("a", "p")
      .wait(200)
      .fault("cut", "injected", ["a"])
      .fault("cut", "effective", ["a"])
      .dies("a")
      .returns("a")
      .stores("a", "p", { to: 1 })
      .wait(2000)
      .asks("p", { a: 3 })
      .fault("cut", "recovered", ["a"]);

  it("the old life's blocks, until the router can have connected again: green", async () => {
    const history = restarted().wait(800).asks("p", { a: 3 }).wait(400).asks("p", { a: 1 }, converge);
    expect(await verdicts(history, "S0", "S1", "M3", "C1")).toEqual(["pass", "pass", "pass", "pass"]);
  });

  it("the old life's blocks for good: red", async () => {
    expect(await verdicts(restarted().wait(1200).asks("p", { a: 3 }, converge), "M3", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("an outage longer than the replay ring", () => {
  /** p was stored before, q during and beyond what the ring of 4 keeps, r during and within it. */
  const outrun = (replayBatches: number, fault = "link.partition") => {
    const history = aHistory().engine("a", { replayBatches }).prompt("p", 2).prompt("q", 2).prompt("r", 2);
    history.prompt("x", 1).stores("a", "p").wait(200).asks("p", { a: 2 });
    history.fault("cut", "injected", ["a"], fault).fault("cut", "effective", ["a"], fault).wait(500);
    history.stores("a", "q").removes("a", "p", { from: 1 });
    for (let i = 0; i < 3; i++) history.stores("a", "x").removes("a", "x");
    return history.stores("a", "r").fault("cut", "recovered", ["a"], fault).wait(1200);
  };

  it("a router that drops what it cannot know any more, and has what the ring still had: green", async () => {
    const history = outrun(4).asks("p", {}, converge).asks("q", {}, converge).asks("r", { a: 2 }, converge);
    expect(await verdicts(history, "S1", "S2", "C1")).toEqual(["pass", "pass", "pass"]);
  });

  it("one that keeps what was removed meanwhile: red", async () => {
    expect(await verdicts(outrun(4).asks("p", { a: 2 }, converge), "S1", "C1")).toEqual(["fail", "fail"]);
  });

  it("one that misses what the ring still had, or all when the ring had it all: red", async () => {
    expect(await verdicts(outrun(4).asks("r", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
    expect(await verdicts(outrun(100).asks("q", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a ring full of what was missed, without the last batch heard, proves no continuity: what came before may be dropped", async () => {
    expect(await verdicts(outrun(9).asks("p", {}, converge).asks("r", { a: 2 }, converge), "S2", "C1")).toEqual([
      "pass",
      "pass",
    ]);
    expect(await verdicts(outrun(10).asks("p", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a fault that ends no connection is no excuse: whoever listened heard everything", async () => {
    expect(await verdicts(outrun(4, "engine.quirk").asks("q", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("what was lost earlier, long before the outage, was heard then: it is no excuse either", async () => {
    const history = aHistory().engine("a", { replayBatches: 2 }).prompt("p", 2).prompt("x", 1).wait(200);
    history.stores("a", "p");
    for (let i = 0; i < 4; i++) history.stores("a", "x").removes("a", "x");
    history.wait(200).fault("cut", "injected", ["a"]).fault("cut", "effective", ["a"]).wait(100);
    history.fault("cut", "recovered", ["a"]).wait(1200).asks("p", {}, converge);
    expect(await verdicts(history, "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a second outage right after the first counts from the beginning of the first", async () => {
    const history = aHistory().engine("a", { replayBatches: 4 }).prompt("q", 2).prompt("x", 1);
    history.fault("one", "injected", ["a"]).fault("one", "effective", ["a"]).wait(100).stores("a", "q");
    history.fault("one", "recovered", ["a"]).wait(300).fault("two", "injected", ["a"]).fault("two", "effective", ["a"]);
    for (let i = 0; i < 2; i++) history.stores("a", "x").removes("a", "x");
    history.fault("two", "recovered", ["a"]).wait(1200).asks("q", {}, converge).asks("q", {}, converge);
    expect(await verdicts(history, "C1")).not.toContain("fail");
  });
});

describe("what the wire lost while a fault was in force", () => {
  const burntBehindTheCut = () =>
    aHistory()
      .engine("a")
      .prompt("p", 1)
      .stores("a", "p")
      .stream("a", { lastSeq: 0, appliedBatches: 1 })
      .fault("cut", "injected", ["a"])
      .fault("cut", "effective", ["a"])
      .removes("a", "p", { wire: "burnt" })
      .stores("a", "p")
      .wait(2000)
      .stream("a", { lastSeq: 0, appliedBatches: 1 });

  it("need not be owned up to before it can be seen: green", async () => {
    const history = burntBehindTheCut().fault("cut", "recovered", ["a"]).wait(300);
    history.stream("a", { lastSeq: 0, appliedBatches: 1, state: "gapped", gaps: 1, missingBatches: 1 });
    history.wait(300).stream("a", { lastSeq: 2, appliedBatches: 2, gaps: 1, missingBatches: 1, purges: 1 });
    expect(await verdicts(history, "M2")).toEqual(["pass"]);
  });

  it("must be within δ_gap after the recovery: red", async () => {
    const history = burntBehindTheCut().fault("cut", "recovered", ["a"]).wait(600);
    expect(await verdicts(history.stream("a", { lastSeq: 2, appliedBatches: 2 }), "M2")).toEqual(["fail"]);
  });

  it("a gap that the router itself counted is owned up to in the fault, too: red otherwise", async () => {
    const counted = { lastSeq: 0, appliedBatches: 1, gaps: 1, missingBatches: 2 };
    const history = burntBehindTheCut().stream("a", counted).wait(600).stream("a", counted);
    expect(await verdicts(history, "M2")).toEqual(["fail"]);
  });
});

describe("an engine that is paused for longer than any heartbeat", () => {
  const paused = () => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(200).asks("p", { a: 3 });
    history.fault("stop", "injected", ["a"], "process.freeze").life("a", "frozen");
    history.fault("stop", "effective", ["a"], "process.freeze").wait(5000);
    return history;
  };

  it("may be believed or not while it is: green", async () => {
    for (const answer of [{ a: 3 }, { a: 0 }]) {
      const history = paused()
        .asks("p", answer)
        .life("a", "thawed")
        .fault("stop", "recovered", ["a"], "process.freeze");
      history.wait(1200).asks("p", { a: 3 }, converge);
      expect(await verdicts(history, "S0", "S1", "S2", "I2", "M6", "C1")).not.toContain("fail");
    }
  });

  it("holds what it held when it goes on, and must be believed again: red otherwise", async () => {
    const history = paused().life("a", "thawed").fault("stop", "recovered", ["a"], "process.freeze").wait(1200);
    expect(await verdicts(history.asks("p", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });
});
