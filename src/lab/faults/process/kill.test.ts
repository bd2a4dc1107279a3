import { describe, expect, it } from "vitest";
import { waitFor } from "../../../base/async.js";
import { FakeWorld } from "../testing/fake-world.js";
import { kill } from "./kill.js";

const given = { how: "kill", restart: "in-place", victims: "all" } as const;
const until = (condition: () => boolean): Promise<true> =>
  waitFor(condition, { describe: "the fault to go on", timeoutMs: 5_000, intervalMs: 1 });

describe("process.kill", () => {
  it("is over when all that it ended runs again, and says for how long it was down", async () => {
    const world = new FakeWorld(["m/1", "m/2"]);
    const active = await kill.inject(world, given);
    expect(await active.effect()).toBe("2 ended: m/1, m/2");
    await until(() => active.over?.() === true);
    expect(world.told).toEqual(["stop m/1", "stop m/2", "start m/1", "start m/2"]);
    expect(await active.recovered()).toMatch(/^2 ended: m\/1, m\/2; all run again, down for \d+ ms at most$/);
  });

  it("leaves what stays down to the end of the fault", async () => {
    const world = new FakeWorld([]);
    const active = await kill.inject(world, { ...given, restart: "none" });
    expect([active.over?.(), await active.recovered(), world.told]).toEqual([false, null, ["stop gateway"]]);
    await active.recover();
    expect(world.told).toEqual(["stop gateway", "start gateway"]);
    expect(await active.recovered()).toContain("all run again");
  });

  it("goes on until it is taken back, one at a time where the scenario says so", async () => {
    const world = new FakeWorld(["m/1", "m/2", "m/3"]);
    const active = await kill.inject(world, { ...given, victims: "one", every: 1 });
    await until(() => world.told.length >= 24);
    await active.recover();
    const stops = world.told.filter((told) => told.startsWith("stop"));
    expect(world.told).toHaveLength(2 * stops.length);
    expect(new Set(stops).size).toBeGreaterThan(1);
    expect(active.over?.()).toBe(false);
  });

  it("puts another in the place of each where the scenario says so, and marks which", async () => {
    const world = new FakeWorld(["m/1"]);
    const active = await kill.inject(world, { ...given, restart: "replace" });
    await until(() => active.over?.() === true);
    expect(world.told).toEqual(["stop m/1", "replace m/1"]);
    expect(world.marks.at(-1)).toBe("process.kill m/1' took the place of m/1");
  });

  it("cannot be taken back where something does not start again", async () => {
    const world = new FakeWorld(["m/1"]);
    world.startFails = new Error("m/1 has no port");
    const active = await kill.inject(world, given);
    await expect(active.recover()).rejects.toThrow("m/1 has no port");
  });

  it("starts nothing for a run that ends early", async () => {
    const world = new FakeWorld(["m/1"]);
    const active = await kill.inject(world, { ...given, restart: "none" });
    world.stop.abort();
    await active.recover();
    expect(world.told).toEqual(["stop m/1"]);
    expect(await active.recovered()).toContain("the run ends, nothing of it is left");
  });
});
