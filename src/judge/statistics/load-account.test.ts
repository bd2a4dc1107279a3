import { describe, expect, it } from "vitest";
import type { LoadRecord } from "../history/load-records.js";
import { aHistory } from "../testing/a-history.js";

type Step = Omit<LoadRecord, "k" | "at">;
const step = (perS: number, more: Partial<Step> = {}): Step => ({
  phase: "steady",
  startedAt: 0,
  stoppedAt: 1e9,
  offeredPerS: perS,
  offered: perS,
  sent: perS,
  latenessP50Ms: 0,
  latenessP99Ms: 1,
  latenessMaxMs: 2,
  drainMs: 3,
  ...more,
});

function loaded(steps: readonly Step[], thresholds: Record<string, string[]> = {}) {
  const history = aHistory({ thresholds })
    .engine("a")
    .prompt("p", 2)
    .stores("a", "p", { to: 1 })
    .stores("a", "p", { from: 1 });
  for (const one of steps) history.add({ k: "load", ...one });
  return history;
}
const drained = (applied: number, steps = [step(2)]) =>
  loaded(steps, { lost_batches: ["value <= 0"] })
    .counters("a", { received: applied, applied })
    .add({ k: "phase", name: "drain" })
    .counters("a", {});

describe("the account of a load", () => {
  it("misses the threshold on lost batches when the system applied fewer than were sent", async () => {
    const whole = await drained(2).judged();
    expect([whole.figures.lost_batches, whole.thresholds[0]?.verdict]).toEqual([0, "pass"]);
    const short = await drained(1).judged();
    expect([short.figures.lost_batches, short.thresholds[0]?.verdict]).toEqual([1, "fail"]);
  });

  it("gives the knee of a rising load, and doubts one that the generator set", async () => {
    const asked = { knee_per_s: ["value >= 3000"] };
    const slow = await loaded([step(1000), step(2000), step(4000, { drainMs: 900 })], asked).judged();
    expect([slow.figures.knee_per_s, slow.thresholds[0]?.verdict]).toEqual([2000, "fail"]);
    const tired = await loaded([step(1000), step(2000), step(4000, { sent: 2500 })], asked).judged();
    expect([tired.figures.knee_per_s, tired.thresholds[0]?.verdict]).toEqual([2000, "unknown"]);
    const fast = await loaded([step(2000), step(4000)], asked).judged();
    expect([fast.figures.knee_per_s, fast.thresholds[0]?.verdict]).toEqual([4000, "pass"]);
  });

  it("shows offered and sent side by side, and what did not keep up", async () => {
    const { load } = await loaded([step(1000), step(4000, { sent: 2500 })]).judged();
    expect(load).toMatchObject([
      { offeredPerS: 1000, sentPerS: 1000, limit: null },
      { offeredPerS: 4000, sentPerS: 2500, limit: "generator" },
    ]);
  });
});
