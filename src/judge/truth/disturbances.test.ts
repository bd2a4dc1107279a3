import { describe, expect, it } from "vitest";
import type { FaultRecord } from "../history/records.js";
import { Disturbances } from "./disturbances.js";

/** ρ = 1000, Δ_restart = 300; engines a and b exist. */
const BOUNDS = { stalenessNs: 100, recoveryNs: 1000, gapNs: 500, departureNs: 300, adapterNs: 200 };
const SINCE_EVER = Number.NEGATIVE_INFINITY;

interface Told {
  readonly id?: string;
  readonly fault?: string;
  readonly targets?: readonly string[];
  readonly from: number;
  readonly to?: number;
}

/** Faults with the times at which they were injected and, if they are over, recovered. */
function disturbancesOf(...faults: readonly Told[]): Disturbances {
  const disturbances = new Disturbances(BOUNDS, (name) => name === "a" || name === "b");
  const records = faults.flatMap(({ id = "f", fault = "link.partition", targets = ["gateway"], from, to }) => {
    const record = (at: number, event: FaultRecord["event"]): FaultRecord => ({
      k: "fault",
      at,
      id,
      fault,
      targets,
      event,
    });
    return [record(from, "injected"), ...(to === undefined ? [] : [record(to, "recovered")])];
  });
  for (const record of records.toSorted((x, y) => x.at - y.at)) disturbances.note(record);
  return disturbances;
}

describe("Disturbances", () => {
  it("leave all calm where there was no fault", () => {
    const none = disturbancesOf();
    expect([none.calmEverywhere(0), none.calmFor("a", 0), none.recoveredBy("a", 0), none.newsDue("a", 0)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([none.active, none.calmAgainAt("a"), none.severedSince("f", "a")]).toEqual([false, SINCE_EVER, undefined]);
  });

  it("last while a fault is in force, whatever the moment", () => {
    const open = disturbancesOf({ from: 500 });
    const far = 1e12;
    expect([
      open.calmEverywhere(far),
      open.calmFor("a", far),
      open.recoveredBy("a", far),
      open.newsDue("a", far),
    ]).toEqual([false, false, false, false]);
    expect([open.active, open.calmAgainAt("a")]).toEqual([true, Number.POSITIVE_INFINITY]);
  });

  it("last through the recovery time after the fault, to its very end", () => {
    const over = disturbancesOf({ from: 500, to: 2000 });
    expect(over.active).toBe(false);
    expect([3000, 3001].map((moment) => over.calmEverywhere(moment))).toEqual([false, true]);
    expect([3000, 3001].map((moment) => over.calmFor("a", moment))).toEqual([false, true]);
    expect([2000, 2001].map((moment) => over.recoveredBy("a", moment))).toEqual([false, true]);
    expect(over.calmAgainAt("a")).toBe(3000);
  });

  it("touch only the engines that a fault names, and everybody if it names anything else", () => {
    const seen = (targets: readonly string[]): boolean[] => {
      const d = disturbancesOf({ targets, from: 500 });
      return [d.calmFor("a", 9), d.calmFor("b", 9), d.calmEverywhere(9)];
    };
    expect(seen(["a"])).toEqual([false, true, false]);
    expect(seen(["engines/b"])).toEqual([true, false, false]);
    expect(seen(["engines/a", "b"])).toEqual([false, false, false]);
    expect(seen(["a", "gateway"])).toEqual([false, false, false]);
    expect(seen([])).toEqual([false, false, false]);
    expect(disturbancesOf({ targets: ["a"], from: 5 }).calmAgainAt("b")).toBe(SINCE_EVER);
    expect(disturbancesOf({ targets: ["a"], from: 5 }).recoveredBy("b", 0)).toBe(true);
  });

  it("of an engine are over when the last of its faults is", () => {
    const two = disturbancesOf(
      { id: "f", targets: ["a"], from: 100, to: 900 },
      { id: "g", targets: ["a"], from: 200, to: 700 },
      { id: "h", targets: ["b"], from: 200, to: 5000 },
    );
    expect([two.calmAgainAt("a"), two.calmAgainAt("b")]).toEqual([1900, 6000]);
  });

  it.each(["process.kill", "engine.freeze", "clock.offset"])(
    "%s of an engine: its news are due after the restart time; after other faults, after the recovery time",
    (fault) => {
      const due = (told: Partial<Told>, moment: number): boolean =>
        disturbancesOf({ from: 500, to: 2000, ...told }).newsDue("a", moment);
      expect([2300, 2301].map((moment) => due({ fault, targets: ["a"] }, moment))).toEqual([false, true]);
      expect([3000, 3001].map((moment) => due({ fault, targets: ["gateway"] }, moment))).toEqual([false, true]);
      expect([3000, 3001].map((moment) => due({ targets: ["a"] }, moment))).toEqual([false, true]);
      expect(due({ fault: `link.${fault}`, targets: ["a"] }, 2301)).toBe(false);
      expect(due({ targets: ["b"] }, 0)).toBe(true);
    },
  );

  it("kept news from consumers since their fault began, or since the one that it followed within the recovery time", () => {
    const closely = disturbancesOf({ id: "f", from: 100, to: 500 }, { id: "g", from: 1500, to: 1600 });
    expect([closely.severedSince("f", "a"), closely.severedSince("g", "a")]).toEqual([100, 100]);
    const apart = disturbancesOf({ id: "f", from: 100, to: 500 }, { id: "g", from: 1501, to: 1600 });
    expect(apart.severedSince("g", "a")).toBe(1501);
    const during = disturbancesOf({ id: "f", from: 100 }, { id: "g", from: 90_000, to: 90_001 });
    expect(during.severedSince("g", "a")).toBe(100);
  });

  it("of the engine itself keep no news from consumers, and neither do those of other engines", () => {
    const killed = disturbancesOf(
      { fault: "process.kill", targets: ["a"], from: 100, to: 500 },
      { id: "g", from: 600 },
    );
    expect([killed.severedSince("f", "a"), killed.severedSince("g", "a")]).toEqual([undefined, 600]);
    const cut = disturbancesOf({ targets: ["a"], from: 100, to: 500 });
    expect([cut.severedSince("f", "a"), cut.severedSince("f", "b")]).toEqual([100, undefined]);
  });

  it.each([
    ["replay.truncate", SINCE_EVER],
    ["stream.replay-hole", SINCE_EVER],
    ["stream.corrupt", SINCE_EVER],
    ["stream.drop", 100],
    ["link.replay.slow", 100],
  ])("%s leaves doubt since %d", (fault, since) => {
    expect(disturbancesOf({ fault, from: 100, to: 500 }).severedSince("f", "a")).toBe(since);
  });
});
