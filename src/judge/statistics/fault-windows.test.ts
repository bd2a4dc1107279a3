import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/records.js";
import { at, fault, log, metric, phase } from "../testing/single-records.js";
import { FaultWindows } from "./fault-windows.js";

const RECOVERY_MS = 50;

function windowsOf(...records: readonly HistoryRecord[]): FaultWindows {
  const windows = new FaultWindows(at(0), RECOVERY_MS * 1e6);
  for (const record of records) windows.note(record);
  return windows;
}

/** A steady load with one fault in force from 200 to 300 ms. */
const oneFault = [
  phase(0, "warmup"),
  phase(100, "steady"),
  fault(200, "cut", "injected"),
  fault(300, "cut", "recovered"),
] as const;

const cut = {
  id: "cut",
  fault: "link.partition",
  targets: ["gateway"],
  injectedMs: 200,
  effectiveMs: null,
  effect: null,
  recoveringMs: null,
  recoveredMs: null,
  recovery: null,
  failure: null,
  exactAfterMs: null,
  said: [],
  moved: [],
};

describe("windows of faults", () => {
  it("tells each fault as it was first seen to bite and last seen to be gone", () => {
    const windows = windowsOf(
      fault(200, "cut", "injected"),
      fault(220.0005, "cut", "effective", "4 of 4 links silent"),
      fault(230, "cut", "effective", "again"),
      fault(250, "lag", "injected"),
      fault(300, "cut", "recovering"),
      fault(310, "cut", "recovering"),
      fault(340, "cut", "recovered", "links pass bytes"),
      fault(350, "lag", "effective"),
      fault(360, "lag", "recovered"),
    );
    expect(windows.windows()).toEqual([
      {
        ...cut,
        effectiveMs: 220.001,
        effect: "4 of 4 links silent",
        recoveringMs: 300,
        recoveredMs: 340,
        recovery: "links pass bytes",
      },
      { ...cut, id: "lag", injectedMs: 250, effectiveMs: 350, recoveredMs: 360 },
    ]);
  });

  it("says why a fault failed, or that nobody said", () => {
    const windows = windowsOf(fault(200, "cut", "failed", "no such pod"), fault(200, "lag", "failed"));
    expect(windows.windows()).toEqual([
      { ...cut, failure: "no such pod" },
      { ...cut, id: "lag", failure: "no reason given" },
    ]);
  });

  it("keeps what the system said from the injection until its time to recover is over", () => {
    const said = (ms: number) => [log(ms, `at ${ms} ms`), log(ms, "alike"), metric(ms, "gaps_total", ms, ms + 1)];
    const windows = windowsOf(...said(199), ...oneFault.slice(2), ...said(350), ...said(350.5));
    expect(windows.windows()).toEqual([
      {
        ...cut,
        recoveredMs: 300,
        said: [
          { tMs: 350, level: "warn", engine: null, message: "at 350 ms", times: 1 },
          { tMs: 350, level: "warn", engine: null, message: "alike", times: 1 },
        ],
        moved: [{ metric: "gaps_total", engine: null, from: 350, to: 351, changes: 1 }],
      },
    ]);
  });

  it("holds what is said when everybody leaves against no fault", () => {
    const leaving = (drainMs: number) =>
      windowsOf(...oneFault, log(210, "cut off"), phase(drainMs, "drain"), log(345, "bye")).windows()[0]?.said;
    expect(leaving(340)).toMatchObject([{ message: "cut off" }]);
    expect(leaving(400)).toMatchObject([{ message: "cut off" }, { message: "bye" }]);
    const held = windowsOf(fault(200, "cut", "injected"), phase(300, "converge"), log(345, "still cut")).windows();
    expect(held).toMatchObject([{ said: [{ message: "still cut" }] }]);
  });
});

describe("parts of a run", () => {
  it("are before the first fault, while any is in force, and after all recovered; under load alone", () => {
    const windows = windowsOf(
      phase(0, "warmup"),
      phase(100, "steady"),
      fault(200, "cut", "injected"),
      fault(220, "cut", "effective"),
      phase(250, "fault"),
      fault(280, "lag", "injected"),
      fault(300, "cut", "recovered"),
      fault(400, "lag", "recovered"),
      phase(450, "heal"),
      phase(600, "converge"),
      phase(700, "end"),
    );
    const partAt = (...ms: number[]) => ms.map((one) => windows.partAt(at(one)));
    expect(partAt(-1, 0, 99)).toEqual([null, null, null]);
    expect(partAt(100, 199)).toEqual(["steady", "steady"]);
    expect(partAt(200, 300, 399)).toEqual(["fault", "fault", "fault"]);
    expect(partAt(400, 599)).toEqual(["heal", "heal"]);
    expect(partAt(600, 800)).toEqual([null, null]);
    expect(windows.durations(at(1000))).toEqual({ steady: 100e6, fault: 200e6, heal: 200e6 });
  });

  it.each(["converge", "drain", "end"] as const)("end with the load, when %s begins", (name) => {
    const windows = windowsOf(...oneFault, phase(500, name));
    expect(windows.partAt(at(500))).toBeNull();
    expect(windows.durations(at(1000))).toEqual({ steady: 100e6, fault: 100e6, heal: 200e6 });
  });

  it("last until the end of the history when nothing ends them, and repeat when faults come back", () => {
    const mark = { k: "mark", at: at(320), name: "converge" } as const;
    const windows = windowsOf(...oneFault.slice(1), mark, fault(350, "cut", "injected"));
    expect(windows.durations(at(1000))).toEqual({ steady: 100e6, fault: 750e6, heal: 50e6 });
    expect(windows.any).toBe(true);
  });

  it("are steady all along without a fault", () => {
    const windows = windowsOf(phase(0, "warmup"), phase(100, "steady"), log(150, "hello"));
    expect(windows.any).toBe(false);
    expect(windows.windows()).toEqual([]);
    expect(windows.durations(at(300))).toEqual({ steady: 200e6, fault: 0, heal: 0 });
  });
});
