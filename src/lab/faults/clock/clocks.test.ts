import { describe, expect, it } from "vitest";
import type { ActiveFault } from "../fault.js";
import { FakeWorld } from "../testing/fake-world.js";
import type { StampedBatch } from "./clock-watch.js";
import { drift } from "./drift.js";
import { freeze } from "./freeze.js";
import { offset } from "./offset.js";
import { step } from "./step.js";

/** An engine that publishes what the test says; by itself it does not care how its clock is set. */
class Stamping {
  readonly settings: unknown[] = [];
  last: StampedBatch | null = null;
  clock = { event_seconds: 1000, wall_seconds: 1000 };
  /** Leaves just before the clock is set. */
  lastMoment: StampedBatch | null = null;
  readonly world = new FakeWorld(["m/1"], (_engine, path, body) => {
    if (path === "clock") {
      this.settings.push(body);
      this.last = this.lastMoment ?? this.last;
    }
    return { clock: this.clock, ranks: [{ last_batch: this.last }] };
  });

  publishes(seq: number, ts: number, wall: number): void {
    this.last = { seq, ts, wall };
  }
}

async function looks(
  active: ActiveFault,
  engine: Stamping,
  batches: readonly [number, number, number][],
): Promise<string | null> {
  let seen: string | null = null;
  for (const batch of batches) {
    engine.publishes(...batch);
    seen = await active.effect();
  }
  return seen;
}

const minute = 60_000;

describe("wrong clocks are seen on what was published, not on how they were set", () => {
  it("an offset", async () => {
    const engine = new Stamping();
    engine.publishes(4, 1000, 1000);
    const active = await offset.inject(engine.world, { by: 10 * minute, direction: "behind" });
    expect(engine.settings).toEqual([{ offset_ms: -10 * minute }]);
    expect(await active.effect()).toBeNull();
    expect(await looks(active, engine, [[5, 1001, 1001]])).toBeNull();
    expect(await looks(active, engine, [[6, 1602, 1002]])).toBeNull();
    expect(await looks(active, engine, [[7, 403, 1003]])).toBe("stamps of published batches: m/1 -600 s");
  });

  it("a drift, by what it gained", async () => {
    const engine = new Stamping();
    const active = await drift.inject(engine.world, { ppm: 20_000 });
    expect(
      await looks(active, engine, [
        [0, 1000, 1000],
        [1, 1002, 1002],
      ]),
    ).toBeNull();
    expect(await looks(active, engine, [[2, 1003.06, 1003]])).toBe(
      "stamps of published batches: m/1 +0.060 s in 3.0 s",
    );
  });

  it("a step, by a later batch with an earlier time", async () => {
    const engine = new Stamping();
    engine.publishes(4, 1000, 1000);
    const active = await step.inject(engine.world, { back: minute / 2 });
    expect(await looks(active, engine, [[5, 1001, 1001]])).toBeNull();
    expect(await looks(active, engine, [[6, 971, 1001]])).toBe(
      "stamps of published batches: m/1 batch 6 bears a time -29 s from batch 4",
    );
  });

  it("a stop, by two batches apart with one time", async () => {
    const engine = new Stamping();
    const active = await freeze.inject(engine.world, {});
    expect(
      await looks(active, engine, [
        [0, 1000, 1000],
        [1, 1001, 1001],
      ]),
    ).toBeNull();
    const stopped = await freeze.inject(new Stamping().world, {});
    expect(await stopped.effect()).toBeNull();
    const second = new Stamping();
    const frozen = await freeze.inject(second.world, {});
    expect(
      await looks(frozen, second, [
        [0, 1000, 1000],
        [1, 1000, 1000.1],
      ]),
    ).toBeNull();
    expect(await looks(frozen, second, [[2, 1000, 1002]])).toContain(
      "batches 0 and 2, 2.0 s apart, bear the same time",
    );
  });

  it("a stop, also when a batch left between the look before and the setting", async () => {
    const engine = new Stamping();
    engine.lastMoment = { seq: 5, ts: 1000.9, wall: 1000.9 };
    engine.publishes(4, 1000, 1000);
    const active = await freeze.inject(engine.world, {});
    expect(await active.effect()).toBeNull();
    const later: [number, number, number][] = [
      [6, 1001, 1001.1],
      [7, 1001, 1002],
    ];
    expect(await looks(active, engine, later)).toContain("batches 6 and 7, 0.9 s apart, bear the same time");
  });

  it("are gone when what is published is right again, or nothing is and the clock itself is right", async () => {
    const engine = new Stamping();
    const active = await offset.inject(engine.world, { by: minute, direction: "ahead" });
    engine.publishes(5, 1060, 1000);
    engine.clock = { event_seconds: 1060, wall_seconds: 1000 };
    await active.recover();
    expect(engine.settings.at(-1)).toEqual({});
    expect(await active.recovered()).toBeNull();
    engine.clock = { event_seconds: 1001, wall_seconds: 1001 };
    expect(await active.recovered()).toContain("right again");
    engine.publishes(6, 1062, 1002);
    expect(await active.recovered()).toBeNull();
    engine.publishes(7, 1003, 1003);
    expect(await active.recovered()).toContain("right again");
  });
});
