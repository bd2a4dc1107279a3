import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/clock.js";
import { EventClock } from "./event-clock.js";

const start = 1_700_000_000;

function after(ms: number, fault?: Partial<EventClock["fault"]>): number {
  const clock = new ManualClock();
  const events = new EventClock(clock);
  if (fault !== undefined) events.set({ offsetMs: 0, driftPpm: 0, freeze: false, ...fault });
  clock.advanceMs(ms);
  return events.seconds() - start;
}

describe("event clock", () => {
  it("is the wall clock until the lab says otherwise", () => {
    expect(after(1500)).toBe(1.5);
    expect(after(1500, {})).toBe(1.5);
  });
  it("is off by the offset, forwards or back", () => {
    expect(after(1000, { offsetMs: -600_000 })).toBe(1 - 600);
  });
  it("drifts from the moment the fault began", () => {
    expect(after(10_000, { driftPpm: 50_000 })).toBeCloseTo(10.5, 6);
  });
  it("stands still when frozen", () => {
    expect(after(10_000, { freeze: true, offsetMs: 500 })).toBe(0.5);
  });
});
