import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/records.js";
import { at, batch, decision, phase, query, request, resource } from "../testing/single-records.js";
import type { Series } from "../verdict.js";
import { RunSeries } from "./run-series.js";

const MIB = 2 ** 20;

function seriesOf(...records: readonly HistoryRecord[]): Series[] {
  const series = new RunSeries(at(0));
  for (const record of records) series.note(record);
  return series.series();
}

describe("what happened second by second", () => {
  it("counts requests offered where they were due, and served or failed where they ended", () => {
    const [requests, latency] = seriesOf(
      request(1100, 100),
      request(1200, 200, { error: "reset" }),
      // Due before the run's first record, and ended when later ones had long been answered.
      request(-500, 2900),
      request(900, 1600),
    );
    expect(requests).toEqual({
      name: "requests",
      unit: "per s",
      points: [
        { tMs: 0, values: { offered: 2 } },
        { tMs: 1000, values: { offered: 2, served: 1, failed: 1 } },
        { tMs: 2000, values: { served: 2 } },
      ],
    });
    expect(latency).toEqual({
      name: "request latency",
      unit: "ms",
      points: [
        { tMs: 1000, values: { p50: 100.031, p99: 200, max: 200 } },
        { tMs: 2000, values: { p50: 1600.511, p99: 2900, max: 2900 } },
      ],
    });
  });

  it("counts questions, decisions and batches, and times those questions that were answered", () => {
    const series = seriesOf(
      query(1000, 1),
      query(1010, 2),
      query(1020, 1.5),
      query(1030, 9, { error: "timeout" }),
      decision(1040, 0.5),
      // It waited for a decision to come: that is no time that deciding took.
      decision(1050, 900, { awaited: true }),
      batch(2000, "a", 0),
      batch(2001, "a", 1),
      query(4000, 1),
      phase(4500, "end"),
    );
    expect(series).toEqual([
      {
        name: "activity",
        unit: "per s",
        points: [
          { tMs: 1000, values: { queries: 3, "failed queries": 1, decisions: 1 } },
          { tMs: 2000, values: { batches: 2 } },
          { tMs: 4000, values: { queries: 1 } },
        ],
      },
      {
        name: "query latency",
        unit: "ms",
        points: [
          { tMs: 1000, values: { p50: 1.5, p99: 2, max: 2 } },
          { tMs: 4000, values: { p50: 1, p99: 1, max: 1 } },
        ],
      },
      {
        name: "routing decision latency",
        unit: "ms",
        points: [{ tMs: 1000, values: { p50: 0.5, p99: 0.5, max: 0.5 } }],
      },
    ]);
  });

  it("shows memory, heap, event loop and CPU of every process", () => {
    const series = seriesOf(
      resource(500, "gateway", 1, { rssBytes: 99.6 * MIB, heapBytes: 10.4 * MIB, eventLoopP99Ms: 1.25 }),
      resource(600, "engine", 5, { process: "a", rssBytes: 50 * MIB }),
      resource(2500, "gateway", 2, { rssBytes: 120 * MIB, heapBytes: 12 * MIB, eventLoopP99Ms: 2.5 }),
      resource(2600, "engine", 5, { process: "a", rssBytes: 51 * MIB }),
    );
    expect(series).toEqual([
      {
        name: "resident memory",
        unit: "MiB",
        points: [
          { tMs: 0, values: { gateway: 100, a: 50 } },
          { tMs: 2000, values: { gateway: 120, a: 51 } },
        ],
      },
      {
        name: "heap",
        unit: "MiB",
        points: [
          { tMs: 0, values: { gateway: 10 } },
          { tMs: 2000, values: { gateway: 12 } },
        ],
      },
      {
        name: "event loop delay p99",
        unit: "ms",
        points: [
          { tMs: 0, values: { gateway: 1.25 } },
          { tMs: 2000, values: { gateway: 2.5 } },
        ],
      },
      // One CPU second in two; the engine did nothing.
      { name: "CPU", unit: "% of a core", points: [{ tMs: 2000, values: { gateway: 50, a: 0 } }] },
    ]);
  });

  it("has no CPU share of a process that began anew, or of two samples of one moment", () => {
    const names = (...records: HistoryRecord[]) => seriesOf(...records).map(({ name }) => name);
    expect(names(resource(0, "gateway", 9), resource(1000, "gateway", 1))).toEqual(["resident memory"]);
    expect(names(resource(0, "gateway", 1), resource(0, "gateway", 2))).toEqual(["resident memory"]);
  });

  it("has no series of what never happened", () => {
    expect(seriesOf()).toEqual([]);
  });
});
