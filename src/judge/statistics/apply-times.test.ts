import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const MS = 1e6;

/** One engine, two batches; the first in the warm-up. */
function traced(more: { every?: number; applied?: readonly (readonly [number, number, number])[] } = {}) {
  const history = aHistory({ traced: more.every ?? 1 })
    .engine("a")
    .prompt("p", 2)
    .stores("a", "p", { to: 1 });
  history.add({ k: "phase", name: "steady" });
  history.stores("a", "p", { from: 1 });
  const emitted = history.records.at(-1)?.at ?? 0;
  const batches = more.applied ?? [
    [0, emitted, emitted + 50 * MS],
    [1, emitted + 1 * MS, emitted + 3 * MS],
  ];
  return history.wait(10).add({ k: "applied", engine: "a", rank: 0, life: 1, batches, dropped: 0 });
}

async function applyMeasures(more: Parameters<typeof traced>[0]): Promise<string[]> {
  const { distributions } = await traced(more).judged();
  return distributions.map(({ measure }) => measure).filter((measure) => measure.endsWith("to_apply_ms"));
}

describe("apply times", () => {
  it("counts from emission and from reception, batches of the warm-up left out", async () => {
    const { distributions } = await traced().judged();
    const of = (measure: string) => distributions.find((d) => d.measure === measure);
    expect(of("receive_to_apply_ms")).toMatchObject({ count: 1, max: 2 });
    expect(of("emit_to_apply_ms")).toMatchObject({ count: 1, max: 3 });
  });

  it("measures nothing of a system that does not trace, or of batches that no ledger knows", async () => {
    expect(await applyMeasures({ applied: [[7, 1, 2]] })).toEqual([]);
    expect(await applyMeasures({ every: 0 })).toEqual([]);
  });

  it("keeps the latencies of a step that nothing kept up with out of the run's own", async () => {
    const history = traced();
    const times = { startedAt: 0, stoppedAt: 1e9, offeredPerS: 1, offered: 1, latenessP50Ms: 0, latenessMaxMs: 0 };
    history.add({ k: "load", phase: "steady", ...times, sent: 1, latenessP99Ms: 0, drainMs: 1 });
    history.stores("a", "p", { to: 1 });
    const emitted = history.records.at(-1)?.at ?? 0;
    const late = [[2, emitted, emitted + 400 * MS]] as const;
    history.wait(500).add({ k: "applied", engine: "a", rank: 0, life: 1, batches: late, dropped: 0 });
    history.add({ k: "load", phase: "steady", ...times, sent: 1, latenessP99Ms: 0, drainMs: 900 });
    const { distributions } = await history.judged();
    expect(distributions.find((d) => d.measure === "receive_to_apply_ms")).toMatchObject({ count: 1, max: 2 });
  });
});
