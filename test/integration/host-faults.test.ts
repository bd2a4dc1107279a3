/** Faults of the machine: each bites, shows it, and leaves nothing behind. */
import { existsSync, readdirSync, readFileSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cpu } from "../../src/lab/faults/host/cpu.js";
import { diskFull } from "../../src/lab/faults/host/disk-full.js";
import { diskStress } from "../../src/lab/faults/host/disk-stress.js";
import { memory } from "../../src/lab/faults/host/memory.js";
import { oom } from "../../src/lab/faults/host/oom.js";
import { type Machine, thisMachine } from "../../src/lab/local/host/machine.js";
import { isMounted } from "../../src/lab/local/host/small-volume.js";
import { breakIt } from "./fault-world.js";
import { anEngine, LabWorld } from "./lab-world.js";

const machine = thisMachine();
const lacks = (capability: Parameters<typeof machine.abilities.get>[0]): boolean =>
  machine.abilities.get(capability) !== null;
const onLinux = process.platform === "linux";
const ownWorkers: Machine = { ...machine, stressNg: null };
const tools: [string, Machine][] = [
  ["own workers", ownWorkers],
  ...(machine.stressNg === null ? [] : ([["stress-ng", machine]] as [string, Machine][])),
];
const tokens = (from: number, blocks = 2): number[] => Array.from({ length: blocks * 16 }, (_, i) => from + i);

describe.skipIf(!onLinux).each(tools)("strain by %s (needs Linux)", (tool, using) => {
  it("burns the share of the cores that was asked for, and ends", async () => {
    const { lab } = await LabWorld.open(undefined, { machine: using });
    const broken = await breakIt(lab, cpu, "host", { workers: 2, load: 50 });
    expect(await broken.effect()).toMatch(new RegExp(`^${tool}: \\d+ processes use [0-9.]+ of \\d+ cores; timers`));
    expect(await broken.heal()).toMatch(/^no stressor is left/);
  });

  it("holds the memory that was asked for, and gives it back", async () => {
    const { lab } = await LabWorld.open(undefined, { machine: using });
    const broken = await breakIt(lab, memory, "host", { megabytes: 64 });
    const held = Number(/hold (\d+) MiB/.exec(await broken.effect())?.[1]);
    expect(held).toBeGreaterThanOrEqual(58);
    expect(held).toBeLessThan(400);
    await broken.heal();
  });

  it("writes to the run's disk within its size, and takes its files away", async () => {
    const { lab, world } = await LabWorld.open(undefined, { machine: using });
    const broken = await breakIt(lab, diskStress, "host", { workers: 1, megabytes: 8 });
    expect(await broken.effect()).toMatch(/wrote \d+ MiB, \d+ MiB\/s; an fsync of 4 KiB beside them took [0-9.]+ ms/);
    await broken.heal();
    expect(existsSync(join(world.dir, "stress"))).toBe(false);
  });
});

describe.skipIf(!onLinux)("strain on the machine (needs Linux)", () => {
  it("never takes more than half of the memory that is there", async () => {
    const { lab } = await LabWorld.open();
    const far = 60_000;
    await expect(lab.host?.fillMemory({ megabytes: far * 1000 })).rejects.toMatchObject({
      code: "KVP_E_SCENARIO_IMPOSSIBLE",
    });
  });

  it("ends with the lab when nobody took it back", async () => {
    const { lab } = await LabWorld.open(undefined, { machine: ownWorkers });
    const strain = await lab.host?.burnCpu({ workers: 2, loadPercent: 20 });
    expect(await strain?.gone()).toBeNull();
    await lab.close();
    expect(await strain?.gone()).toMatch(/^no stressor is left/);
  });
});

describe.skipIf(lacks("host.memory-limit"))("memory limits (needs a memory cgroup)", () => {
  it("make the kernel kill the engine, and it alone; afterwards it runs again and no group is left", async () => {
    const { lab, world } = await LabWorld.open();
    await lab.startEngine(anEngine("llama/1"));
    const broken = await breakIt(lab, oom, "engines/llama/1", { megabytes: 32 });
    expect(await broken.effect()).toMatch(/^the kernel's OOM killer ended llama\/1 \(oom_kill/);
    expect(world.ended).toEqual(["llama/1"]);
    expect(world.lost).toEqual([]);
    expect(await broken.heal()).toMatch(/^the memory cgroups are removed; 1 killed by the kernel; llama\/1 run again/);
    expect(lab.engines()[0]?.epoch).toBe(2);
    const { parent } = machine.memoryGroups ?? { parent: "/nowhere" };
    expect(readdirSync(parent).filter((name) => name.startsWith("kvproof-"))).toEqual([]);
  });
});

describe.skipIf(lacks("host.disk-full"))("a full volume (needs root)", () => {
  it("makes an engine hold its batches back until it can write its ledger; none is lost or out of order", async () => {
    const { lab, world } = await LabWorld.open(undefined, { volumes: true });
    await lab.startEngine(anEngine("llama/1"));
    await lab.control("llama/1", "cache", { store: [{ tokens: tokens(100) }] });
    const broken = await breakIt(lab, diskFull, "engines/llama/1");
    // Records fill the rest of the last page first.
    let sent = 0;
    let held = 0;
    const calls = Array.from({ length: 60 }, (_, i) =>
      lab.control("llama/1", "cache", { store: [{ tokens: tokens(1000 + 40 * i) }] }).then(() => sent++),
    );
    expect(await broken.effect()).toMatch(/ENOSPC .*hold their batches back: llama\/1/);
    held = 60 - sent;
    expect(held).toBeGreaterThan(0);
    expect(await broken.heal()).toMatch(/take writes again/);
    await Promise.all(calls);
    await lab.close();
    const [file] = lab.ledgerFiles();
    expect(lstatSync(file as string).isSymbolicLink()).toBe(false);
    const records = readFileSync(file as string, "utf8")
      .trim()
      .split("\n");
    expect(records.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(records.map((_, i) => i));
    expect(records).toHaveLength(61);
    expect(readFileSync(join(world.dir, "logs", "llama-1.log"), "utf8")).toContain('"ready"');
    expect(isMounted(join(world.dir, "volumes", "llama-1"))).toBe(false);
  });

  it("costs the gateway log lines, which it owns up to, and nothing else", async () => {
    const { lab } = await LabWorld.open(undefined, { volumes: true });
    const gateway = await lab.startGateway({ events: true, replay: true });
    const engine = await lab.startEngine(anEngine("llama/1"));
    const broken = await breakIt(lab, diskFull, "gateway");
    expect(await broken.effect()).toMatch(/^ENOSPC on 1 of 1 volumes .*answers all the same/);
    const call = (path: string, body: object): Promise<number> =>
      request(`${gateway.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.adminToken}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      }).then(async (response) => (await response.body.dump(), response.statusCode));
    const { http, ranks } = engine.endpoints;
    const member = { engine: "llama/1", model: "llama", block_size: 16, topic: engine.topic, http, ranks };
    for (let round = 0; round < 30; round++) {
      expect(await call("/register", { ...member, uid: `life-${round}` })).toBeLessThan(300);
      expect(await call("/unregister", { engine: "llama/1" })).toBeLessThan(300);
    }
    expect((await request(`${gateway.url}/health`)).statusCode).toBe(200);
    await broken.heal();
    expect(await call("/register", { ...member, uid: "last" })).toBeLessThan(300);
    await waitFor(() => /"msg":"\d+ log lines are lost: ENOSPC"/.test(readFileSync(gateway.logFile, "utf8")), {
      describe: "the gateway to own up to lost lines",
      timeoutMs: 5000,
    });
  });
});
