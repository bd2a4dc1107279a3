/** The local lab with real engine and gateway processes: what a scenario may count on, and what is said when it cannot. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { getPriority } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { answersInTime } from "../../src/lab/faults/watching.js";
import { registryFolder } from "../../src/lab/local/run-registry.js";
import { portOf } from "../../src/lab/local/ready-lines.js";
import type { EngineHandle, Lab } from "../../src/lab/ports.js";
import { anEngine, isAlive, LabWorld } from "./lab-world.js";

const until = (describe_: string, condition: () => boolean | Promise<boolean>): Promise<true> =>
  waitFor(condition, { describe: describe_, timeoutMs: 10_000 });

function registeredPid(name: string): number {
  const folder = registryFolder();
  const states = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  const mine = states.find(
    (state) =>
      state.runner.pid === process.pid && state.processes.some((entry: { name: string }) => entry.name === name),
  );
  return mine.processes.find((entry: { name: string }) => entry.name === name).pid;
}

function pidOf(lab: Lab, engine: string): number {
  expect(lab.engines().some(({ spec }) => spec.engine === engine)).toBe(true);
  return registeredPid(engine);
}

const placeOf = ({ endpoints }: EngineHandle): unknown => [endpoints.http, endpoints.lab, endpoints.ranks];

describe("engines of the local lab", () => {
  it("run side by side, each reachable, and are gone after close", async () => {
    const { lab, world } = await LabWorld.open();
    const [a, b] = await Promise.all([lab.startEngine(anEngine("llama/1")), lab.startEngine(anEngine("llama/2"))]);
    expect(placeOf(a)).not.toEqual(placeOf(b));
    expect((await request(`${a.endpoints.http}/health`)).statusCode).toBe(200);
    const usage = lab.resources();
    expect(usage.map((record) => record.process).sort()).toEqual(["llama/1", "llama/2"]);
    expect(usage.every((record) => record.rssBytes > 20e6 && record.cpuSeconds > 0)).toBe(true);
    const pids = [pidOf(lab, "llama/1"), pidOf(lab, "llama/2")];
    await lab.close();
    expect(pids.some(isAlive)).toBe(false);
    expect(world.lost).toEqual([]);
    expect(existsSync(join(world.dir, "logs", "llama-1.log"))).toBe(true);
  });

  it("come back in place: same address and ports, a new life, an empty cache", async () => {
    const { lab, world } = await LabWorld.open();
    const first = await lab.startEngine(anEngine("llama/1"));
    await lab.control("llama/1", "cache", { store: [{ tokens: Array.from({ length: 32 }, (_, i) => 300 + i) }] });
    const second = await lab.restartEngine("llama/1", "kill", { publishAtStart: 3 });
    expect(placeOf(second)).toEqual(placeOf(first));
    expect(second.epoch).toBe(2);
    expect(second.uid).not.toBe(first.uid);
    expect(world.lifeOf("llama/1")).toEqual(["starting 1", "ready 1", "killed 1", "down 1", "starting 2", "ready 2"]);
    const ledgers = lab.ledgerFiles().map((file) =>
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    expect(ledgers.map((records) => records.map(({ epoch, seq }) => `${epoch}:${seq}`))).toEqual([
      ["1:0"],
      ["2:0", "2:1", "2:2"],
    ]);
  });

  it("with several ranks keep all their ports, one after the other as vLLM counts them", async () => {
    const { lab } = await LabWorld.open();
    const first = await lab.startEngine(anEngine("llama/1", { ranks: 2 }));
    const ports = first.endpoints.ranks.map(({ events }) => portOf(events));
    expect(ports[1]).toBe((ports[0] as number) + 1);
    expect(placeOf(await lab.restartEngine("llama/1", "graceful"))).toEqual(placeOf(first));
  });

  it("can move to a new address, and leave the old one to a successor", async () => {
    const { lab } = await LabWorld.open();
    const before = await lab.startEngine(anEngine("llama/1"));
    await lab.stopEngine("llama/1", "graceful");
    const moved = await lab.startEngine(anEngine("llama/1"), { newAddress: true });
    expect(moved.endpoints.http).not.toBe(before.endpoints.http);
    expect(moved.epoch).toBe(2);
    await lab.stopEngine("llama/1", "kill");
    const successor = await lab.startEngine(anEngine("llama/2"), { reuseAddressOf: "llama/1" });
    expect(placeOf(successor)).toEqual(placeOf(moved));
    expect(successor.epoch).toBe(1);
  });

  it("share one address where the system has no other, and still move, restart and follow each other", async () => {
    const { lab } = await LabWorld.open(async () => false);
    const [one, two] = await Promise.all([
      lab.startEngine(anEngine("llama/1", { ranks: 2 })),
      lab.startEngine(anEngine("llama/2")),
    ]);
    expect([one.endpoints.address, two.endpoints.address]).toEqual(["127.0.0.1", "127.0.0.1"]);
    expect(placeOf(await lab.restartEngine("llama/1", "kill"))).toEqual(placeOf(one));
    await lab.stopEngine("llama/2", "kill");
    const moved = await lab.startEngine(anEngine("llama/2"), { newAddress: true });
    expect(moved.endpoints.http).not.toBe(two.endpoints.http);
    const successor = await lab
      .startEngine(anEngine("llama/3"), { reuseAddressOf: "llama/2" })
      .catch((error: unknown) => error);
    expect(successor).toMatchObject({ code: "KVP_E_ADDRESS_IN_USE" });
  });

  it("can be frozen and thawed, and the lab sees both happen", async () => {
    const { lab, world } = await LabWorld.open();
    const { endpoints } = await lab.startEngine(anEngine("llama/1"));
    await lab.freezeEngine("llama/1");
    await expect(request(`${endpoints.http}/health`, { headersTimeout: 200 })).rejects.toThrow(/headers timeout/i);
    await lab.thawEngine("llama/1");
    expect((await request(`${endpoints.http}/health`)).statusCode).toBe(200);
    expect(world.lifeOf("llama/1").slice(-2)).toEqual(["frozen 1", "thawed 1"]);
  });

  it("that die by themselves are noticed at once, recorded and named with their log", async () => {
    const { lab, world } = await LabWorld.open();
    await lab.startEngine(anEngine("llama/1"));
    process.kill(pidOf(lab, "llama/1"), "SIGKILL");
    await until("the loss to be noticed", () => world.lost.length > 0);
    expect(world.lost[0]).toMatchObject({
      engine: "llama/1",
      detail: expect.stringMatching(/^signal SIGKILL; .*log: .*llama-1\.log$/),
    });
    expect(world.lifeOf("llama/1").at(-1)).toBe("down 1 unexpected");
    expect(lab.engines()).toEqual([]);
  });

  it("say who has their port when it is taken, by code, address and log", async () => {
    const { lab } = await LabWorld.open();
    const { endpoints } = await lab.startEngine(anEngine("llama/1"));
    await lab.stopEngine("llama/1", "graceful");
    const squatter = createServer().listen(portOf(endpoints.http), endpoints.address);
    await new Promise((resolve) => squatter.once("listening", resolve));
    const failing = lab.startEngine(anEngine("llama/1"));
    await expect(failing).rejects.toMatchObject({
      code: "KVP_E_ADDRESS_IN_USE",
      message: expect.stringMatching(
        new RegExp(`^engine llama/1 did not start: .*${portOf(endpoints.http)}.* Log: .*llama-1\\.log$`),
      ),
    });
    await new Promise((resolve) => squatter.close(resolve));
  });

  it("refuse an unknown control with the engine's own words", async () => {
    const { lab } = await LabWorld.open();
    await lab.startEngine(anEngine("llama/1"));
    await expect(lab.control("llama/1", "cache", { stoer: [] })).rejects.toThrow(
      /llama\/1 refused \/lab\/cache .*unknown field \\?"stoer/,
    );
  });
});

describe("an engine whose death was announced", () => {
  it("may die by itself: the run is told, its life is over, and nobody calls it unexpected", async () => {
    const { lab, world } = await LabWorld.open();
    await lab.startEngine(anEngine("llama/1"));
    lab.expectDeath("llama/1");
    process.kill(pidOf(lab, "llama/1"), "SIGKILL");
    await until("the end to be noticed", () => world.ended.length > 0);
    expect([world.ended, world.lost, lab.engines()]).toEqual([["llama/1"], [], []]);
    expect(world.lifeOf("llama/1")).toEqual(["starting 1", "ready 1", "down 1"]);
    expect((await lab.restartEngine("llama/1", "kill")).epoch).toBe(2);
    process.kill(pidOf(lab, "llama/1"), "SIGKILL");
    await until("the loss of the next life, which nobody announced", () => world.lost.length > 0);
  });
});

describe("the gateway of the local lab", () => {
  it("comes back where it was, with the same token, so that whoever knew it reaches it again", async () => {
    const { lab, world } = await LabWorld.open();
    const spec = { events: true, replay: true };
    const first = await lab.startGateway(spec);
    for (const how of ["kill", "graceful"] as const) {
      await lab.stopGateway(how);
      const again = await lab.startGateway(spec);
      expect([again.url, again.adminToken]).toEqual([first.url, first.adminToken]);
      expect((await request(`${again.url}/health`)).statusCode).toBe(200);
    }
    expect(world.gatewayFailure).toBeNull();
  });

  it("can be frozen, so that it takes connections and answers nothing, and thawed", async () => {
    const { lab } = await LabWorld.open();
    const { url } = await lab.startGateway({ events: true, replay: true });
    await lab.freezeGateway();
    expect(await answersInTime(url, 200)).toBe(false);
    await lab.thawGateway();
    await until("an answer", () => answersInTime(url));
  });

  it("goes first for a CPU where it is told to and may, and otherwise the run says that it did not", async () => {
    const { lab, world } = await LabWorld.open();
    await lab.startGateway({ events: true, replay: true, cpuFirst: true });
    const refused = world.records.filter((record) => record.k === "mark" && record.name === "gateway-not-first");
    const niceness = getPriority(registeredPid("gateway"));
    expect([niceness, refused.length]).toEqual(niceness === -10 ? [-10, 0] : [getPriority(), 1]);
  });

  it("starts, answers, and is gone after close", async () => {
    const { lab, world } = await LabWorld.open();
    const gateway = await lab.startGateway({ events: true, replay: true });
    expect((await request(`${gateway.url}/health`)).statusCode).toBe(200);
    await lab.close();
    await expect(request(`${gateway.url}/health`)).rejects.toThrow(/ECONNREFUSED/);
    expect(world.gatewayFailure).toBeNull();
  });

  it.each([
    ["does not exist", ["/does/not/exist"], /gateway could not be started \(\/does\/not\/exist\): .*ENOENT/],
    [
      "ends at once",
      [process.execPath, "-e", "console.error('no config'); process.exit(3)", "--"],
      /gateway ended \(exit code 3\) before it was ready; last log lines: no config/,
    ],
    [
      "prints nonsense",
      [process.execPath, "-e", "console.log(JSON.stringify({event:'ready'})); setInterval(() => {}, 1000)", "--"],
      /ready line that is wrong/,
    ],
  ])("that %s is one error with code and place", async (_, command, message) => {
    const { lab } = await LabWorld.open();
    const starting = lab.startGateway({ events: true, replay: true, command });
    await expect(starting).rejects.toMatchObject({
      code: "KVP_E_SUT_UNAVAILABLE",
      message: expect.stringMatching(message),
    });
  });

  it("that dies in the middle of a run is an error at once", async () => {
    const { lab, world } = await LabWorld.open();
    const script =
      "require('http').createServer((q, r) => r.end()).listen(0, '127.0.0.1', function () { console.log(JSON.stringify({event: 'ready', url: 'http://127.0.0.1:' + this.address().port})); setTimeout(() => process.exit(9), 300) })";
    await lab.startGateway({ events: true, replay: true, command: [process.execPath, "-e", script, "--"] });
    await until("the loss to be noticed", () => world.gatewayFailure !== null);
    expect(world.gatewayFailure).toMatchObject({
      code: "KVP_E_SUT_UNAVAILABLE",
      message: expect.stringContaining("exit code 9"),
    });
  });
});
