/** The runner of faults against faults that do as they are told; the clock is real, the times are short. */
import { describe, expect, it } from "vitest";
import { delay } from "../../base/async.js";
import { systemClock } from "../../base/clock.js";
import { Rng } from "../../base/rng.js";
import type { FaultRecord, HistoryRecord } from "../../judge/history/records.js";
import type { ActiveFault, Fault } from "../../lab/faults/fault.js";
import type { FaultInjector } from "../../lab/faults/injector.js";
import type { PlannedFault } from "../plan/fault-plan.js";
import type { RunContext } from "../run/run-context.js";
import { runFaults } from "./run-faults.js";

const kinds = new Map<string, Fault>();

function aFault(kind: string, active: Partial<ActiveFault>, inject?: () => Promise<ActiveFault>): PlannedFault {
  const whole: ActiveFault = {
    effect: async () => "seen",
    recover: async () => undefined,
    recovered: async () => "gone",
    ...active,
  };
  kinds.set(kind, { kind, inject: inject ?? (async () => whole) } as unknown as Fault);
  return { id: kind, kind, target: "gateway", atMs: 0, forMs: 60, parameters: {} };
}

async function run(
  faults: readonly PlannedFault[],
  signal = new AbortController().signal,
  injector?: FaultInjector,
): Promise<{ gone: boolean | Error; story: string[]; records: FaultRecord[] }> {
  const records: HistoryRecord[] = [];
  const context = {
    plan: { faults },
    clock: systemClock,
    rng: new Rng(1),
    lab: { engines: () => [], ...(injector === undefined ? {} : { injector }) },
    recorder: { record: (record: HistoryRecord) => void records.push(record) },
  } as unknown as RunContext;
  const gone = await runFaults(context, signal, (kind) => kinds.get(kind)).catch((thrown: unknown) => thrown as Error);
  const told = records.filter((record) => record.k === "fault");
  return {
    gone,
    story: told.map(({ id, event, evidence }) => `${id} ${event} ${evidence ?? ""}`.trim()),
    records: told,
  };
}

describe("faults of a plan", () => {
  it("leave a window with the evidence of its beginning and of its end", async () => {
    const { gone, story, records } = await run([aFault("a", {})]);
    expect(gone).toBe(true);
    expect(story).toEqual(["a injected {}", "a effective seen", "a recovering", "a recovered gone"]);
    // 60 ms, as nearly as a timer and two looks at the clock can be.
    expect((records[2] as FaultRecord).at - (records[0] as FaultRecord).at).toBeGreaterThanOrEqual(59e6);
  });

  it("are looked at for as long as they last: an effect that comes late counts", async () => {
    let looks = 0;
    const late = await run([aFault("a", { effect: async () => (++looks > 1 ? "late" : null) })]);
    expect(late.story[1]).toBe("a effective late");
    const never = await run([aFault("b", { effect: async () => null })]);
    expect(never.story).toEqual(["b injected {}", "b recovering", "b recovered gone"]);
    const throwing = await run([aFault("c", { effect: async () => Promise.reject(new Error("no look")) })]);
    expect(throwing.gone).toBe(true);
  });

  it("last as long as they are told to however long it takes to begin", async () => {
    let inForceAt = 0;
    const slow = aFault("a", {}, async () => {
      await delay(120);
      inForceAt = systemClock.nowNs();
      return { effect: async () => "seen", recover: async () => undefined, recovered: async () => "gone" };
    });
    const { records } = await run([slow]);
    const recovering = records.find(({ event }) => event === "recovering");
    expect((recovering?.at ?? 0) - inForceAt).toBeGreaterThanOrEqual(59e6);
  });

  it("end before their time when they have nothing more to do", async () => {
    const { records } = await run([{ ...aFault("a", { over: () => true }), forMs: 30_000 }]);
    expect(records.at(-1)?.event).toBe("recovered");
  });

  it("are caused by the lab's injector where it takes them, and by themselves where it leaves them", async () => {
    const elsewhere: ActiveFault = {
      effect: async () => "seen by the injector",
      recover: async () => undefined,
      recovered: async () => "gone",
    };
    const injector: FaultInjector = {
      inject: ({ kind }, forMs) => (kind === "a" && forMs === 60 ? Promise.resolve(elsewhere) : null),
    };
    const { story } = await run([aFault("a", {}), aFault("b", {})], undefined, injector);
    expect(story).toContain("a effective seen by the injector");
    expect(story).toContain("b effective seen");
  });

  it("run beside each other", async () => {
    const { story } = await run([aFault("a", {}), aFault("b", {})]);
    expect(story.indexOf("b injected {}")).toBeLessThan(story.indexOf("a recovering"));
    expect(story.filter((line) => line.includes("recovered"))).toHaveLength(2);
  });

  it("that cannot be taken back are named with the reason, and end the others", async () => {
    const stuck = aFault("a", { recover: async () => Promise.reject(new Error("umount /x: busy")) });
    const { gone, story } = await run([stuck, { ...aFault("b", {}), forMs: 30_000 }]);
    expect(gone).toBe(false);
    expect(story).toContain("a failed umount /x: busy");
    expect(story).toContain("b recovered gone");
  });

  it("that cannot begin end the run with their name, and the others are taken back first", async () => {
    const broken = aFault("a", {}, async () => Promise.reject(new Error("no such thing")));
    const { gone, story } = await run([
      { ...broken, atMs: 30 },
      { ...aFault("b", {}), forMs: 30_000 },
    ]);
    expect(gone).toMatchObject({ message: "fault a (a) could not begin: no such thing" });
    expect(story.at(-1)).toBe("b recovered gone");
  });

  it("are taken back at once when the run ends early; what has not begun does not begin", async () => {
    const stop = new AbortController();
    const seen = { effect: async () => (stop.abort(), "seen") };
    const faults = [
      { ...aFault("a", seen), forMs: 30_000 },
      { ...aFault("b", {}), atMs: 30_000 },
    ];
    const { gone, story } = await run(faults, stop.signal);
    expect(gone).toBe(true);
    expect(story).toEqual(["a injected {}", "a effective seen", "a recovering", "a recovered gone"]);
  });
});
