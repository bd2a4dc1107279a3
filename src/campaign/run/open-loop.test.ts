import { describe, expect, it } from "vitest";
import { deferred } from "../../base/async.js";
import { systemClock } from "../../base/clock.js";
import { Rng } from "../../base/rng.js";
import { runOpenLoop } from "./open-loop.js";

describe("the open loop", () => {
  it("keeps its schedule although the first answer never comes in time", async () => {
    const stop = new AbortController();
    const stuck = deferred();
    const due: number[] = [];
    let started = 0;
    const loop = runOpenLoop({
      ratePerS: 500,
      rng: new Rng(1),
      clock: systemClock,
      signal: stop.signal,
      maxInFlight: 1000,
      work: async (dueNs) => {
        due.push(dueNs);
        if (++started === 50) {
          stop.abort();
          stuck.resolve();
        }
        if (started === 1) await stuck.promise;
      },
    });
    await loop;
    expect(started).toBe(50);
    const seconds = ((due.at(-1) as number) - (due[0] as number)) / 1e9;
    expect(49 / seconds).toBeGreaterThan(250);
    expect(49 / seconds).toBeLessThan(1000);
  });

  it("sends late, never more than its limit at once, and counts from when it was due", async () => {
    const stop = new AbortController();
    const gate = deferred();
    const lateness: number[] = [];
    let running = 0;
    let peak = 0;
    let dueCount = 0;
    const loop = runOpenLoop({
      ratePerS: 1000,
      rng: new Rng(2),
      clock: systemClock,
      signal: stop.signal,
      maxInFlight: 2,
      onDue: () => {
        if (++dueCount === 3) setTimeout(() => gate.resolve(), 50);
      },
      onStart: (latenessNs) => lateness.push(latenessNs),
      work: async () => {
        peak = Math.max(peak, ++running);
        await gate.promise;
        running--;
        if (lateness.length >= 3) stop.abort();
      },
    });
    await loop;
    expect(peak).toBe(2);
    expect(lateness[2]).toBeGreaterThan(30e6);
  });

  it("makes the same schedule from the same seed", async () => {
    const draw = async (): Promise<number[]> => {
      const stop = new AbortController();
      const due: number[] = [];
      await runOpenLoop({
        ratePerS: 2000,
        rng: new Rng(3),
        clock: systemClock,
        signal: stop.signal,
        maxInFlight: 10,
        work: async (dueNs) => {
          if (due.push(dueNs) === 10) stop.abort();
        },
      });
      return due.slice(1).map((ns, i) => Math.round((ns - (due[i] as number)) / 1000));
    };
    expect(await draw()).toEqual(await draw());
  });
});
