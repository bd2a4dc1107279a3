/** Engines that share a process: each is an engine of its own in everything that a consumer can see. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { anEngine, isAlive, LabWorld } from "./lab-world.js";

describe("engines that share a process", () => {
  it("have addresses, sockets, caches and ledgers of their own, and end with the lab", async () => {
    const { lab, world } = await LabWorld.open();
    const names = ["m/1", "m/2", "m/3"];
    const handles = await Promise.all(names.map((engine) => lab.startEngine(anEngine(engine, { perProcess: 2 }))));
    expect(new Set(handles.map(({ endpoints }) => endpoints.ranks[0]?.events)).size).toBe(3);
    expect(lab.resources().map(({ process }) => process)).toEqual(["engines-1", "engines-2"]);
    const tokens = Array.from({ length: 64 }, (_, i) => i);
    await lab.control("m/2", "cache", { store: [{ tokens }] });
    expect(await lab.control("m/2", "")).toMatchObject({ engine: { name: "m/2" }, ranks: [{ batches: 1 }] });
    expect(await lab.control("m/1", "")).toMatchObject({ engine: { name: "m/1" }, ranks: [{ batches: 0 }] });
    expect(lab.ledgerFiles().filter((file) => existsSync(file))).toHaveLength(3);
    const pids = [world.pidOf("engines-1"), world.pidOf("engines-2")];
    await lab.stopEngine("m/1", "graceful");
    expect(world.lifeOf("m/1")).toEqual(["starting 1", "ready 1", "stopping 1", "down 1"]);
    expect(await lab.control("m/2", "")).toMatchObject({ engine: { name: "m/2" } });
    await lab.close();
    expect([world.lost, pids.map(isAlive)]).toEqual([[], [false, false]]);
  });

  it("are lost together when their process dies, each told of", async () => {
    const { lab, world } = await LabWorld.open();
    await Promise.all(["m/1", "m/2"].map((engine) => lab.startEngine(anEngine(engine, { perProcess: 2 }))));
    process.kill(world.pidOf("engines-1"), "SIGKILL");
    await expect.poll(() => world.lost.map(({ engine }) => engine).sort()).toEqual(["m/1", "m/2"]);
    expect(world.lifeOf("m/2").at(-1)).toBe("down 1 unexpected");
  });
});
