import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/records.js";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";
import { at, decision, fault, phase, query, request, stream } from "../testing/single-records.js";
import type { Degradation } from "../verdict.js";
import { Degrading, partDistributions, sharesOf } from "./degrading.js";
import { FaultWindows } from "./fault-windows.js";

type Thresholds = Readonly<Record<string, readonly string[]>>;

/** 4 requests before, 4 during, 2 after; half of those during are not served, and during nothing comes from a cache. */
function withFault(thresholds: Thresholds = {}, after: (history: HistoryBuilder) => void = () => {}): HistoryBuilder {
  const tokens = { promptTokens: 100, cachedTokens: 80 };
  const history = aHistory({ thresholds })
    .engine("a")
    .prompt("p", 2)
    .stores("a", "p")
    .requests("p", "a", { ...tokens, cachedTokens: 0 })
    .add({ k: "phase", name: "steady" });
  for (let i = 0; i < 4; i++) history.requests("p", "a", { ...tokens, tookMs: 10 });
  history.stream("a", { lastSeq: 0, appliedBatches: 1 }).asks("p", { a: 2 });
  history.fault("cut", "injected", ["engines/a"]).wait(50);
  history.requests("p", "a", { promptTokens: 100, cachedTokens: 0, tookMs: 40 });
  history.fault("cut", "effective", ["engines/a"]);
  history.requests("p", "a", { promptTokens: 100, cachedTokens: 0, tookMs: 40 });
  history.requests("p", "a", { error: "connection refused", tookMs: 900 }).requests("p", "a", { status: 503 });
  history
    .stream("a", { state: "stale" })
    .stream("a", { state: "stale" })
    .stream("a", { lastSeq: 0, appliedBatches: 1 });
  history.asks("p", { a: 0 }).asks("p", {}, { answer: undefined, error: "timeout", tookMs: 500 } as never);
  history.fault("cut", "recovering", ["engines/a"]).wait(30).fault("cut", "recovered", ["engines/a"]);
  after(history);
  for (let i = 0; i < 2; i++) history.requests("p", "a", { ...tokens, tookMs: 20 });
  return history.wait(1500).add({ k: "phase", name: "converge" }).asks("p", { a: 2 }, { probe: "converge" });
}

describe("what users get during a fault, against before and after", () => {
  it("counts requests where they were due, and what came of them", async () => {
    const { degradation } = await withFault().judged();
    expect(degradation).toMatchObject([
      { part: "steady", requests: 4, servedShare: 1, hitRate: 0.8, queries: 1, answeredShare: 1, liveShare: 1 },
      { part: "fault", requests: 4, servedShare: 0.5, hitRate: 0, queries: 2, answeredShare: 0.5, liveShare: 0.333333 },
      { part: "heal", requests: 2, servedShare: 1, hitRate: 0.8, liveShare: null },
    ]);
    const [before, during] = degradation;
    expect(before?.servedMs?.p99).toBeCloseTo(10, 1);
    // Only what was served has a latency: a fast refusal must not look like a fast answer.
    expect(during?.servedMs).toMatchObject({ count: 2, measure: "served_ms_fault" });
    expect(during?.durationMs).toBeGreaterThan(1500);
  });

  it("a request that was due before the fault and lost in it counts before: that is where the user sent it", async () => {
    const history = aHistory().engine("a").prompt("p", 1).add({ k: "phase", name: "steady" });
    const due = history.now * 1e6 + 1e9;
    history.fault("cut", "injected").fault("cut", "effective").wait(100);
    history.requests("p", "a", { due, inv: due, error: "reset" }).fault("cut", "recovered");
    expect((await history.judged()).degradation).toMatchObject([{ requests: 1, servedShare: 0 }, { requests: 0 }, {}]);
  });

  it("is empty without faults", async () => {
    const report = await aHistory().engine("a").add({ k: "phase", name: "steady" }).judged();
    expect(report).toMatchObject({ faults: [], degradation: [] });
  });

  it("tells windows as measured, with their evidence", async () => {
    const history = aHistory().engine("a");
    const told = (event: "effective" | "recovered", evidence: string): void =>
      void history.add({ k: "fault", id: "cut", fault: "link.partition", targets: ["gateway"], event, evidence });
    history.fault("cut", "injected").wait(20);
    told("effective", "4 of 4 links silent");
    history.wait(100).fault("cut", "recovering").wait(40);
    told("recovered", "4 of 4 links pass bytes");
    const [window] = (await history.judged()).faults;
    expect(window).toMatchObject({ effect: "4 of 4 links silent", recovery: "4 of 4 links pass bytes", failure: null });
    expect((window?.effectiveMs ?? 0) - (window?.injectedMs ?? 0)).toBeCloseTo(20, 0);
    expect((window?.recoveredMs ?? 0) - (window?.effectiveMs ?? 0)).toBeCloseTo(140, 0);
  });
});

function degradationOf(...records: readonly HistoryRecord[]): Degradation[] {
  const windows = new FaultWindows(at(0), 50e6);
  const degrading = new Degrading(windows);
  for (const record of records) {
    windows.note(record);
    degrading.note(record);
  }
  return degrading.result(at(1000));
}

describe("the account of each part", () => {
  const tokens = (cachedTokens: number) => ({ promptTokens: 100, cachedTokens });
  const account = (): Degradation[] =>
    degradationOf(
      request(10, 1, tokens(90)),
      query(10, 1),
      stream(50, "a"),
      phase(100, "steady"),
      decision(101, 1),
      request(110, 1, tokens(50)),
      request(120, 2, { ...tokens(25), status: 299 }),
      request(130, 1, { promptTokens: 100 }),
      request(140, 1, { cachedTokens: 100 }),
      stream(150, "a"),
      fault(200, "cut", "injected"),
      // Sent before the fault, whenever it was answered.
      query(190, 20, { error: "timeout" }),
      request(199, 15, { error: "reset" }),
      request(220, 1, { status: 300 }),
      request(221, 1, { status: 199 }),
      request(222, 1, { status: undefined }),
      request(223, 0.5, { status: 200, promptTokens: 100, cachedTokens: 0 }),
      query(230, 2, { answer: {} }),
      query(240, 9, { error: "timeout", answer: undefined }),
      stream(250, "a", { state: "stale" }),
      stream(251, "a", { state: "gapped" }),
      stream(252, "a"),
      fault(300, "cut", "recovered"),
    );

  it("is exact", () => {
    const plain = account().map(({ servedMs, queryMs, ...rest }) => ({
      ...rest,
      served: servedMs === null ? null : [servedMs.measure, servedMs.count, servedMs.max],
      asked: queryMs === null ? null : [queryMs.measure, queryMs.count, queryMs.max],
    }));
    expect(plain).toEqual([
      {
        part: "steady",
        durationMs: 100,
        requests: 5,
        servedShare: 0.8,
        hitRate: 0.375,
        served: ["served_ms_steady", 4, 2],
        queries: 1,
        answeredShare: 0,
        asked: null,
        liveShare: 1,
      },
      {
        part: "fault",
        durationMs: 100,
        requests: 4,
        servedShare: 0.25,
        hitRate: 0,
        served: ["served_ms_fault", 1, 0.5],
        queries: 2,
        answeredShare: 0.5,
        asked: ["query_ms_fault", 1, 2],
        liveShare: 0.333333,
      },
      {
        part: "heal",
        durationMs: 700,
        requests: 0,
        servedShare: null,
        hitRate: null,
        served: null,
        queries: 0,
        answeredShare: null,
        asked: null,
        liveShare: null,
      },
    ]);
  });

  it("has the shares and distributions that thresholds name, those with nothing to measure left out", () => {
    expect(sharesOf(account())).toEqual({
      served_share_steady: 0.8,
      hit_rate_steady: 0.375,
      answered_share_steady: 0,
      live_share_steady: 1,
      served_share_fault: 0.25,
      hit_rate_fault: 0,
      answered_share_fault: 0.5,
      live_share_fault: 0.333333,
    });
    const measures = partDistributions(account()).map(({ measure }) => measure);
    expect(measures).toEqual(["served_ms_steady", "served_ms_fault", "query_ms_fault"]);
  });

  it("is none without a fault", () => {
    expect(degradationOf(phase(0, "steady"), request(10, 1))).toEqual([]);
  });
});

describe("recovery_ms", () => {
  const recovery = { recovery_ms: ["max < 250"] };

  it("lasts from the fault's recovery to the first answer from which on none is wrong, under load", async () => {
    const wrongFor = (ms: number): Promise<{ exitCode: number; took: number | null | undefined }> =>
      withFault(recovery, (history) => {
        history.wait(ms / 2).asks("p", { a: 2 });
        history
          .wait(ms / 2)
          .asks("p", { a: 0 })
          .asks("p", { a: 2 });
      })
        .judged()
        .then((report) => ({ exitCode: report.exitCode, took: report.faults[0]?.exactAfterMs }));
    expect(await wrongFor(100)).toMatchObject({ exitCode: 0 });
    const slow = await wrongFor(400);
    expect(slow.exitCode).toBe(3);
    expect(slow.took).toBeGreaterThan(400);
    expect(slow.took).toBeLessThan(410);
  });

  it("is not measured when nobody asked, or answers stayed wrong: then the threshold decides nothing", async () => {
    const silent = await aHistory({ thresholds: recovery })
      .engine("a")
      .fault("cut", "injected")
      .fault("cut", "effective")
      .fault("cut", "recovered")
      .judged();
    expect(silent.thresholds).toMatchObject([{ verdict: "unknown" }]);
    const wrong = withFault(recovery).asks("p", { a: 0 });
    expect((await wrong.judged()).thresholds).toMatchObject([{ verdict: "unknown" }]);
  });
});

describe("thresholds on degradation", () => {
  it("compares shares as one number and latencies as distributions", async () => {
    const thresholds = {
      served_share_fault: ["value >= 0.5", "min > 0.5"],
      hit_rate_heal: ["value >= 0.79"],
      served_ms_fault: ["p99 < 50", "count >= 3"],
      live_share_steady: ["value >= 1"],
    };
    const report = await withFault(thresholds).judged();
    expect(report.thresholds.map((t) => t.verdict)).toEqual(["pass", "fail", "pass", "pass", "fail", "pass"]);
    expect(report.exitCode).toBe(3);
  });

  it("says that nothing was measured when there was nothing", async () => {
    const report = await aHistory({ thresholds: { served_share_fault: ["value >= 0.5"] } })
      .engine("a")
      .judged();
    expect(report.thresholds).toMatchObject([{ measured: null, verdict: "unknown" }]);
  });
});
