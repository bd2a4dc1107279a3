import { describe, expect, it } from "vitest";
import { aHistory } from "./testing/a-history.js";

/** Exercises the base set: S0-S3 and C1. */
const exercised = (overrides = {}) =>
  aHistory(overrides).engine("a").prompt("p", 2).stores("a", "p").wait(1500).asks("p", { a: 2 }, { probe: "converge" });

describe("V1 non-vacuity", () => {
  it("passes a run that exercised what it must, and then the run passes", async () => {
    const report = await exercised().judged();
    expect(report).toMatchObject({ verdict: "pass", exitCode: 0 });
    expect(report.headline).toMatch(/^pass: \d+ properties held on \d+ opportunities$/);
    expect(report.properties.at(-1)).toMatchObject({ id: "V1", kind: "meta", verdict: "pass" });
  });

  it("does not pass a run that asked nothing", async () => {
    const report = await aHistory().engine("a").judged();
    expect(report).toMatchObject({ verdict: "unknown", exitCode: 2 });
    expect(report.properties.at(-1)?.reason).toContain("S0 was exercised 0 times, 1 required");
  });

  it("does not pass fewer opportunities than the scenario wants, of whatever property", async () => {
    const report = await exercised({ opportunities: { S1: 5, M3: 1 } }).judged();
    expect(report.exitCode).toBe(2);
    expect(report.properties.at(-1)?.reason).toBe(
      "S1 was exercised 1 times, 5 required; M3 was exercised 0 times, 1 required",
    );
  });

  it("does not pass when no property has the required id", async () => {
    const report = await exercised({ opportunities: { S9: 1 } }).judged();
    expect(report.properties.at(-1)?.reason).toBe("no property has the required id S9");
  });

  it("asks nothing of a system that it does not claim to do, whatever the scenario requires", async () => {
    const history = { opportunities: { M1: 80, B1: 1 }, capabilities: { streams: false, dump: false } };
    const report = await exercised(history).judged();
    expect(report).toMatchObject({ exitCode: 0 });
    expect(report.properties.find(({ id }) => id === "M1")).toMatchObject({ verdict: "not-applicable" });
  });

  it("does not pass a system that claims nothing that could be exercised", async () => {
    const nothing = { match: false, route: false, dump: false, streams: false, metrics: false, proxy: false };
    const report = await exercised({ capabilities: nothing }).judged();
    expect(report).toMatchObject({ exitCode: 2 });
    expect(report.properties.at(-1)?.reason).toContain("claims to do was exercised");
  });

  it("does not pass a system that leaves most questions without an answer", async () => {
    const report = await exercised().fails("p").fails("p").judged();
    expect(report.properties.at(-1)?.reason).toBe("2 of 3 questions got no answer; the last: refused");
  });

  it("does not pass a run whose tap missed something, and says what", async () => {
    const gap = { k: "truth-gap", engine: "a", rank: 0, epoch: 1, problem: "batches 5 to 7 never came" } as const;
    const report = await exercised().add(gap).asks("p", { a: 3 }).judged();
    expect(report).toMatchObject({ verdict: "unknown", exitCode: 2 });
    const reason = report.properties.at(-1)?.reason;
    expect(reason).toBe("the truth is broken: a rank 0 epoch 1: batches 5 to 7 never came");
    // A credit beyond what is known to be held may be right.
    expect(report.properties.find(({ id }) => id === "S0")?.verdict).toBe("unknown");
  });

  it("does not pass without a required mark", async () => {
    expect((await exercised({ requiredMarks: ["gap seen"] }).judged()).headline).toContain('"gap seen" did not happen');
    expect(
      (
        await exercised({ requiredMarks: ["gap seen"] })
          .add({ k: "mark", name: "gap seen" })
          .judged()
      ).exitCode,
    ).toBe(0);
  });

  it("does not pass a fault without effect, and fails one that was not recovered", async () => {
    const after = (...events: ("injected" | "effective" | "recovered")[]) => {
      const history = exercised();
      for (const event of events) history.fault("cut", event);
      return history.wait(1500).asks("p", { a: 2 }).judged();
    };
    expect((await after("injected", "effective", "recovered")).exitCode).toBe(0);
    expect((await after("injected", "recovered")).headline).toContain("fault cut (link.partition) had no effect");
    const left = await after("injected", "effective");
    expect(left.exitCode).toBe(1);
    expect(left.properties.at(-1)?.violations[0]?.summary).toContain("was not recovered: clean up by hand");
  });

  it("does not pass when the load generator could not keep its schedule", async () => {
    const generated = (phase: string, sent: number, latenessP99Ms: number) =>
      exercised()
        .requests("p", "a", { loads: {} })
        .add({ k: "generator", phase, offered: 100, sent, latenessP99Ms })
        .judged();
    expect((await generated("steady", 100, 5)).exitCode).toBe(0);
    expect((await generated("steady", 80, 5)).headline).toContain("generator saturated in steady: sent 80 of 100");
    expect((await generated("steady", 100, 500)).headline).toContain("late by 500 ms");
    expect((await generated("warmup", 10, 500)).exitCode).toBe(0);
  });

  it("only reports a generator that was held back while something was broken, but still wants its load before", async () => {
    const held = (phase: string) =>
      exercised().add({ k: "generator", phase, offered: 100, sent: 40, latenessP99Ms: 900 }).judged();
    for (const phase of ["fault", "heal"]) {
      const report = await held(phase);
      expect(report.exitCode).toBe(0);
      expect(report.properties.at(-1)?.measured).toEqual({ [`load_in_${phase}`]: "sent 40 of 100" });
    }
    expect((await held("steady")).exitCode).toBe(2);
  });

  it("takes the death of an engine that a fault announced for what it is", async () => {
    const history = exercised().fault("oom", "injected", ["engines/a"], "host.memory").dies("a");
    history.fault("oom", "effective", ["engines/a"], "host.memory").returns("a").stores("a", "p");
    history
      .fault("oom", "recovered", ["engines/a"], "host.memory")
      .wait(1500)
      .asks("p", { a: 2 }, { probe: "converge" });
    expect(await history.judged()).toMatchObject({ verdict: "pass", exitCode: 0 });
  });

  it("names an engine that ended by itself, and never passes such a run", async () => {
    const report = await exercised().dies("a", true).judged();
    expect(report).toMatchObject({ verdict: "unknown", exitCode: 2 });
    expect(report.headline).toContain("engine a ended unexpectedly");
  });

  it("names what nobody in the run did, and never passes such a run", async () => {
    const frozen = { k: "mark", name: "silence", detail: "engine a answered nobody", unasked: true } as const;
    const report = await exercised().add(frozen).judged();
    expect(report).toMatchObject({ verdict: "unknown", exitCode: 2 });
    expect(report.headline).toMatch(/^unknown: V1: engine a answered nobody, since [\d.]+ ms$/);
    const violated = await exercised().add(frozen).asks("p", { a: 2, ghost: 1 }).judged();
    expect(violated.headline).toMatch(/^fail: S0 no invention violated 1× on ghost; engine a answered nobody$/);
  });

  it("takes the silence of an engine for the doing of a fault that is in force", async () => {
    const frozen = { k: "mark", name: "silence", detail: "engine a answered nobody", unasked: true } as const;
    const history = exercised()
      .fault("cut", "injected")
      .fault("cut", "effective")
      .add(frozen)
      .fault("cut", "recovered");
    expect(await history.wait(1500).asks("p", { a: 2 }).judged()).toMatchObject({ verdict: "pass" });
  });

  it("fails the run, still naming the engine, when a property is violated as well", async () => {
    const report = await exercised().asks("p", { a: 2, ghost: 1 }).dies("a", true).judged();
    expect(report.exitCode).toBe(1);
    expect(report.headline).toMatch(/^fail: S0 no invention violated 1× on ghost.*; a ended unexpectedly$/);
  });

  it("gives no verdict on a truth that is broken: a ledger with a hole", async () => {
    const history = exercised();
    history.records.push({
      k: "ledger",
      at: history.records.at(-1)!.at,
      engine: "a",
      epoch: 1,
      rank: 0,
      seq: 7,
      at_ns: 0,
      changes: [],
    });
    const report = await history.asks("p", {}).judged();
    expect(report.exitCode).toBe(2);
    expect(report.properties.at(-1)?.reason).toContain(
      "the truth is broken: a rank 0 epoch 1: batch 7 where 1 was due",
    );
    expect(report.properties.find((p) => p.id === "S2")).toMatchObject({ verdict: "unknown", violationCount: 1 });
  });

  it("gives no verdict on a ledger that removes what it never stored, or speaks after its engine's death", async () => {
    expect((await exercised().prompt("q", 1).removes("a", "q").judged()).headline).toContain(
      "of which it holds no copy",
    );
    expect((await exercised().dies("a").stores("a", "p").judged()).headline).toContain("after it was reported down");
  });

  it("does not pass a history that stops before the end of its run", async () => {
    const { judgeHistory } = await import("./judge.js");
    expect((await judgeHistory(exercised().records)).headline).toContain("does not reach the end");
  });
});
