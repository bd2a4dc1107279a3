import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/records.js";
import { aHistory } from "../testing/a-history.js";
import { applied, at, batch, phase } from "../testing/single-records.js";
import { type ApplyLatencies, ApplyTimes } from "./apply-times.js";

/** Emissions of one stream that wait for their trace at once. */
const MOST_WAITING = 131_072;

function timesOf(every: number, ...records: readonly HistoryRecord[]): ApplyTimes {
  const times = new ApplyTimes(every);
  for (const record of records) times.note(record);
  return times;
}

function accountOf({ expected, told, sinceReceived, sinceEmitted }: ApplyLatencies): Record<string, unknown> {
  const of = (histogram: typeof sinceReceived) =>
    histogram.count === 0 ? null : [histogram.percentileMs(0), histogram.maxMs()];
  return { expected, told, sinceReceived: of(sinceReceived), sinceEmitted: of(sinceEmitted) };
}

const nothing = { expected: 0, told: 0, sinceReceived: null, sinceEmitted: null };

describe("apply times", () => {
  it("count from reception and from emission what was emitted since the steady phase began", () => {
    const times = timesOf(
      1,
      phase(0, "warmup"),
      batch(5, "a", 0),
      phase(10, "steady"),
      batch(10, "a", 1),
      batch(12, "a", 2),
      batch(13, "a", 3),
      applied(20, "a", [
        [0, 6, 15],
        [1, 10.5, 11.25],
        [2, 12.5, 14],
      ]),
      phase(30, "converge"),
      applied(31, "a", [[3, 13.5, 14]]),
    );
    expect(accountOf(times.take(at(40)))).toEqual({
      expected: 3,
      told: 3,
      sinceReceived: [0.5, 1.5],
      sinceEmitted: [1, 2],
    });
  });

  it("expect every n-th batch of a first life alone, of those that can be read", () => {
    const times = timesOf(
      2,
      phase(0, "steady"),
      ...[0, 1, 2, 3].map((seq) => batch(1, "a", seq)),
      batch(2, "a", 4, { epoch: 2 }),
      batch(2, "a", 6, { wire: "garbled" }),
      batch(2, "a", 0, { rank: 1 }),
      applied(9, "a", [
        [0, 2, 3],
        [1, 2, 8],
        [6, 2, 8],
      ]),
      applied(9, "a", [[2, 2, 8]], { life: 2 }),
      applied(9, "b", [[0, 2, 8]]),
      applied(9, "a", [[0, 2, 5]], { rank: 1 }),
      // Told twice: counted once.
      applied(9, "a", [[0, 2, 8]]),
    );
    expect(accountOf(times.take(at(10)))).toEqual({
      expected: 3,
      told: 2,
      sinceReceived: [1, 3],
      sinceEmitted: [2, 3],
    });
  });

  it("begin anew with each step of a load, which knows nothing of earlier ones", () => {
    const times = timesOf(1, phase(0, "steady"), batch(1, "a", 0), batch(2, "a", 1), applied(4, "a", [[0, 2, 3]]));
    expect(accountOf(times.take(at(5)))).toEqual({ expected: 2, told: 1, sinceReceived: [1, 1], sinceEmitted: [2, 2] });
    times.note(applied(6, "a", [[1, 3, 6]]));
    times.note(batch(7, "a", 2));
    expect(accountOf(times.take(at(8)))).toEqual({ ...nothing, expected: 1 });
    expect(accountOf(times.take(at(9)))).toEqual(nothing);
  });

  it("count nothing before a steady phase, or of a system that does not trace", () => {
    const emitted = [batch(1, "a", 0), applied(2, "a", [[0, 1, 2]])];
    expect(accountOf(timesOf(1, phase(0, "warmup"), ...emitted).take(at(3)))).toEqual(nothing);
    expect(accountOf(timesOf(0, phase(0, "steady"), ...emitted).take(at(3)))).toEqual(nothing);
  });

  it("give up the oldest batches of a stream when too many wait to be told of", () => {
    const times = timesOf(1, phase(0, "steady"));
    for (let seq = 0; seq <= MOST_WAITING; seq++) times.note(batch(1, "a", seq));
    const told = [0, 1, MOST_WAITING].map((seq) => [seq, 1, 2] as const);
    times.note(applied(3, "a", told));
    expect(accountOf(times.take(at(4)))).toMatchObject({ expected: MOST_WAITING + 1, told: 2 });
  });

  it("tell the p99 of each two seconds that are over and had batches, in order, of the present step", () => {
    const times = timesOf(1, phase(1300, "steady"), ...[0, 1, 2, 3, 4].map((seq) => batch(1300, "a", seq)));
    const tell = (seq: number, ms: number, tookMs: number) => times.note(applied(ms, "a", [[seq, ms - tookMs, ms]]));
    tell(0, 3800, 1.5);
    tell(1, 5299, 2);
    expect(times.windows).toEqual([]);
    tell(2, 5300, 0.5);
    expect(times.windows).toEqual([2]);
    tell(3, 9800, 1);
    expect(times.windows).toEqual([2, 0.5]);
    times.note({ k: "mark", at: at(9900), name: "steady" });
    tell(4, 11_301, 1);
    expect(times.windows).toEqual([2, 0.5, 1]);
    times.take(at(11_400));
    expect(times.windows).toEqual([]);
  });

  it("are measures of the run where the load is not made by engines", async () => {
    const history = aHistory({ traced: 1 }).engine("a").prompt("p", 2).stores("a", "p", { to: 1 });
    history.add({ k: "phase", name: "steady" }).stores("a", "p", { from: 1 });
    const emitted = history.records.at(-1)?.at ?? 0;
    const batches = [
      [0, emitted, emitted + 50e6],
      [1, emitted + 1e6, emitted + 3e6],
    ] as const;
    history.wait(10).add({ k: "applied", engine: "a", rank: 0, life: 1, batches, dropped: 0 });
    const { distributions, figures } = await history.judged();
    const measured = distributions.filter(({ measure }) => measure.endsWith("to_apply_ms"));
    expect(measured).toMatchObject([
      { measure: "receive_to_apply_ms", count: 1, max: 2 },
      { measure: "emit_to_apply_ms", count: 1, max: 3 },
    ]);
    expect(figures.traced_share).toBe(1);
  });
});
