import { describe, expect, it } from "vitest";
import type { HistoryRecord, RunRecord } from "../history/records.js";
import { aHistory } from "../testing/a-history.js";
import { applied, at, batch, counters, load, phase } from "../testing/single-records.js";
import { Truth } from "../truth/truth.js";
import type { ThresholdResult } from "../verdict.js";
import type { Figures } from "./figures.js";
import { LoadAccount } from "./load-account.js";
import { Measures } from "./measures.js";

const run = { ...(aHistory({ traced: 1 }).records[0] as RunRecord), at: at(0) };

class Account {
  readonly truth = new Truth(run);
  readonly load = new LoadAccount(run);

  constructor(records: readonly HistoryRecord[]) {
    this.note(...records);
  }

  note(...records: readonly HistoryRecord[]): this {
    for (const record of records) {
      this.truth.apply(record);
      this.load.note(record);
    }
    return this;
  }

  get figures(): Figures {
    return this.load.figures(this.truth);
  }

  /** Count and maximum of what goes into the run's own measures. */
  get measures(): Record<string, [number, number]> {
    const measures = new Measures();
    this.load.record(measures);
    return Object.fromEntries(measures.distributions().map(({ measure, count, max }) => [measure, [count, max]]));
  }
}

const accountOf = (...records: HistoryRecord[]): Account => new Account(records);

/** A step whose only batch was emitted at its end, received 1 ms later and applied `ms` after that. */
function appliedWithin(seq: number, ms: number, step: ReturnType<typeof load>): HistoryRecord[] {
  const endMs = (step.stoppedAt - at(0)) / 1e6;
  const told = applied(endMs + 900, "a", [[seq, endMs + 1, endMs + 1 + ms]]);
  return [batch(endMs, "a", seq), told, { ...step, at: told.at }];
}

describe("the steps of a load", () => {
  it("show what was asked, what was sent, what it took, and what did not keep up", () => {
    const late = { latenessP50Ms: 4, latenessP99Ms: 150, latenessMaxMs: 200, sutCpuSeconds: 0.5 };
    const account = accountOf(
      phase(0, "steady"),
      ...appliedWithin(0, 2, load(1000, 100)),
      load(4000, 400, { startedAt: at(2500), sent: 300, ...late, drainMs: null }),
      load(6000, 800, { latenessP99Ms: 101, sent: 0, sutCpuSeconds: 1 }),
    );
    expect(account.load.steps()).toEqual([
      {
        offeredPerS: 100,
        sentPerS: 100,
        offered: 100,
        sent: 100,
        lastedMs: 1000,
        latenessP50Ms: 0,
        latenessP99Ms: 1,
        latenessMaxMs: 2,
        drainMs: 3,
        cpuUsPerBatch: null,
        limit: null,
        receiveToApplyP99Ms: 2,
        emitToApplyP99Ms: 3,
      },
      {
        offeredPerS: 400,
        sentPerS: 300,
        offered: 400,
        sent: 300,
        lastedMs: 1500,
        latenessP50Ms: 4,
        latenessP99Ms: 150,
        latenessMaxMs: 200,
        drainMs: null,
        cpuUsPerBatch: 0.5e6 / 300,
        limit: "system under test",
        receiveToApplyP99Ms: null,
        emitToApplyP99Ms: null,
      },
      expect.objectContaining({ sentPerS: 0, limit: "generator", cpuUsPerBatch: null }),
    ]);
  });

  it("leave out what warmed the system up", () => {
    const warm = [batch(10, "a", 0), applied(20, "a", [[0, 11, 19]]), load(1000, 900, { phase: "warmup" })];
    const account = accountOf(phase(0, "steady"), ...warm, ...appliedWithin(1, 2, load(2000, 100)));
    expect(account.load.steps()).toMatchObject([{ offeredPerS: 100, receiveToApplyP99Ms: 2 }]);
    expect(account.measures).toEqual({ receive_to_apply_ms: [1, 2], emit_to_apply_ms: [1, 3] });
    expect(account.figures).toMatchObject({ sent_per_s: 100, traced_share: 1 });
  });

  it("leave out what was sent when the last of them was over", () => {
    const after = [batch(3000, "a", 1), applied(3100, "a", [[1, 3000, 3050]])];
    const account = accountOf(phase(0, "steady"), ...appliedWithin(0, 2, load(1000, 100)), ...after);
    expect(account.measures).toEqual({ receive_to_apply_ms: [1, 2], emit_to_apply_ms: [1, 3] });
    expect(account.figures).toMatchObject({ traced_share: 1 });
  });
});

describe("the figures of a load", () => {
  it("of one step are its rate, its drain and the share that was traced, whether or not it was kept up with", () => {
    const steady = accountOf(phase(0, "steady"), batch(1, "a", 0), ...appliedWithin(1, 2, load(1000, 100)));
    expect(steady.figures).toStrictEqual({ sent_per_s: 100, drain_ms: 3, traced_share: 0.5 });
    const slow = accountOf(phase(0, "steady"), ...appliedWithin(0, 2, load(1000, 100, { drainMs: 900 })));
    expect(slow.figures).toStrictEqual({ sent_per_s: 100, drain_ms: 900, traced_share: 1 });
    expect(slow.measures).toEqual({ receive_to_apply_ms: [1, 2], emit_to_apply_ms: [1, 3] });
    const never = accountOf(phase(0, "steady"), load(1000, 100, { drainMs: null }));
    expect(never.figures).toStrictEqual({ sent_per_s: 100 });
  });

  it("of a rising load are those of the steps that everything kept up with, and the knee", () => {
    const account = accountOf(
      phase(0, "steady"),
      ...appliedWithin(0, 1, load(1000, 100, { drainMs: 7 })),
      ...appliedWithin(1, 1.5, load(3000, 200, { drainMs: 5 })),
      batch(4000, "a", 2),
      ...appliedWithin(3, 600, load(5000, 400, { drainMs: 900 })),
    );
    expect(account.figures).toStrictEqual({ sent_per_s: 400, knee_per_s: 200, drain_ms: 7, traced_share: 1 });
    expect(account.measures).toEqual({ receive_to_apply_ms: [2, 1.5], emit_to_apply_ms: [2, 2.5] });
  });

  it("of a rising load that nothing kept up with are those of all its steps, without a knee or a drain", () => {
    const tired = { sent: 10 };
    const account = accountOf(
      phase(0, "steady"),
      ...appliedWithin(0, 1, load(1000, 100, tired)),
      ...appliedWithin(1, 1.5, load(3000, 200, tired)),
    );
    expect(account.figures).toStrictEqual({ sent_per_s: 10, traced_share: 1 });
    expect(account.measures).toEqual({ receive_to_apply_ms: [2, 1.5], emit_to_apply_ms: [2, 2.5] });
  });

  it("are none where engines made no load, and what was traced is the run's own", () => {
    const told = applied(20, "a", [[0, 11, 13]]);
    const account = accountOf(phase(0, "steady"), batch(10, "a", 0), told, counters(30, "a", 0));
    expect(account.measures).toEqual({ receive_to_apply_ms: [1, 2], emit_to_apply_ms: [1, 3] });
    expect(account.figures).toStrictEqual({ traced_share: 1 });
    expect(account.load.steps()).toEqual([]);
  });
});

describe("lost batches", () => {
  const sent = [phase(0, "steady"), batch(1, "a", 0), batch(1, "a", 1), batch(1, "a", 0, { rank: 1 })];
  const lostOf = (...records: HistoryRecord[]) => accountOf(...sent, load(1000, 100), ...records).figures.lost_batches;

  it("are those in the ledgers that the system does not say it applied, stream by stream", () => {
    expect(lostOf(counters(1001, "a", 2), counters(1001, "a", 1, 1))).toBe(0);
    expect(lostOf(counters(1001, "a", 0), counters(1002, "a", 1), counters(1002, "a", 0, 1))).toBe(2);
    // Applied twice on one stream makes up for nothing on another.
    expect(lostOf(counters(1001, "a", 3), counters(1001, "a", 0, 1))).toBe(1);
    expect(lostOf(counters(1001, "unheard-of", 0), counters(1001, "a", 0, 7))).toBe(0);
  });

  it("are counted before everybody leaves: the accounts of engines that are gone begin anew", () => {
    expect(lostOf(counters(1001, "a", 2), phase(1100, "drain"), counters(1200, "a", 0))).toBe(0);
    expect(lostOf(counters(1001, "a", 2), phase(1100, "converge"), counters(1200, "a", 1))).toBe(1);
    const marked = { k: "mark", at: at(1100), name: "drain" } as const;
    expect(lostOf(counters(1001, "a", 2), marked, counters(1200, "a", 1))).toBe(1);
  });

  it("are unknown of a system that says nothing", () => {
    expect(lostOf()).toBeUndefined();
  });
});

describe("the drift of a load", () => {
  /** One batch in the middle of each window of two seconds. */
  const windowsOf = (...tookMs: number[]): HistoryRecord[] =>
    tookMs.flatMap((ms, i) => {
      const middle = 1000 + i * 2000;
      return [batch(middle, "a", i), applied(middle + 50, "a", [[i, middle, middle + ms]])];
    });
  const driftOf = (...tookMs: number[]) =>
    accountOf(phase(0, "steady"), ...windowsOf(...tookMs), load(99_000, 100)).figures.apply_drift;

  it("compares the last third of the windows with the first, by their medians", () => {
    expect(driftOf(1, 1.5, 2)).toBeUndefined();
    // Only whole windows count: the last of each does not.
    expect(driftOf(1, 1.5, 2, 9)).toBe(2);
    expect(driftOf(0.9, 0.5, 0.1, 9, 9, 9, 1, 0.25, 2, 9)).toBe(2);
    expect(driftOf(0.5, 1, 9, 9, 9, 1.5, 2, 9)).toBe(2);
  });

  it("is unknown where the first third took no time", () => {
    expect(driftOf(0, 1, 2, 9)).toBeUndefined();
  });

  it("is that of the last steady step, warm-ups left out", () => {
    const first = [phase(0, "steady"), ...windowsOf(1, 1.5, 2, 9), load(8000, 100)];
    expect(accountOf(...first, load(9000, 100, { phase: "warmup" })).figures.apply_drift).toBe(2);
    expect(accountOf(...first, load(9000, 100)).figures.apply_drift).toBeUndefined();
  });
});

describe("a threshold on the knee", () => {
  const missed: ThresholdResult = { measure: "knee_per_s", expression: "value > 500", measured: 100, verdict: "fail" };
  const after = (...steps: HistoryRecord[]) => accountOf(...steps).load;
  const slow = () => after(load(1000, 100), load(2000, 200, { drainMs: 900 }));
  const tired = () => after(load(1000, 100), load(2000, 200, { sent: 10 }));

  it("that was missed is doubted unless the system itself set the knee", () => {
    expect(slow().doubted(missed)).toEqual(missed);
    expect(tired().doubted(missed)).toEqual({ ...missed, verdict: "unknown" });
    expect(after(load(1000, 100)).doubted(missed)).toEqual({ ...missed, verdict: "unknown" });
  });

  it("that was met is not doubted, nor is one on anything else", () => {
    const met = { ...missed, verdict: "pass" } as const;
    expect(tired().doubted(met)).toEqual(met);
    const other = { ...missed, measure: "drain_ms" };
    expect(tired().doubted(other)).toEqual(other);
  });
});

it("a run fails for lost batches and a low knee, and doubts a knee that the generator set", async () => {
  const thresholds = { lost_batches: ["value <= 0"], knee_per_s: ["value >= 3000"] };
  const verdictsOf = async (sent: number, applied: number) => {
    const history = aHistory({ thresholds }).engine("a").prompt("p", 1).stores("a", "p");
    for (const step of [load(1000, 2000), load(2000, 4000, { sent, drainMs: sent === 4000 ? 900 : 3 })]) {
      history.add(step);
    }
    const report = await history.counters("a", { received: applied, applied }).judged();
    return report.thresholds.map(({ verdict }) => verdict);
  };
  expect(await verdictsOf(4000, 1)).toEqual(["pass", "fail"]);
  expect(await verdictsOf(1000, 0)).toEqual(["fail", "unknown"]);
});
