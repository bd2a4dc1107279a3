/** Faults by Chaos Mesh against a controller that behaves as the real one, its lies included, and probes that really look. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { FAULTS } from "../../faults/catalogue.js";
import type { ActiveFault, FaultWorld } from "../../faults/fault.js";
import { FakeWorld } from "../../faults/testing/fake-world.js";
import type { EngineHandle } from "../../ports.js";
import { ChaosMeshInjector, PROBED_KINDS } from "./injector.js";
import { killContainer } from "./killer.js";
import type { Dialled } from "./probes/network-probe.js";
import type { PodShell } from "./probes/probe.js";
import { byOwnMeans, chaosMeshRules } from "./rules.js";
import { StubController } from "./testing/stub-controller.js";
import type { ChaosPod, Place } from "./translate/place.js";

const cgroupIsHere = ["memory.current", "memory/memory.usage_in_bytes"].some((file) =>
  existsSync(`/sys/fs/cgroup/${file}`),
);
const run = promisify(execFile);
const ALL = { ports: ["events", "replay", "http"] };
const PARTITION = { how: "silence", direction: "both", ...ALL };

/** Runs the probe's code on this machine: loopback is the cluster. */
const here: PodShell = {
  node: async (_pod, _container, code, args) => (await run(process.execPath, ["-e", code, ...args])).stdout,
};

/** Answers looks with what the test says, the last one again and again. */
function scripted(...answers: readonly unknown[]): PodShell & { readonly asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  return {
    asked,
    node: async (pod, container) => {
      asked.push(`${pod}/${container}`);
      return JSON.stringify(left.length > 1 ? left.shift() : left[0]);
    },
  };
}

const dialled = (connectMs: readonly (number | null)[], bytes = 0, ms = 0): Dialled[] => [{ connectMs, bytes, ms }];

function aWorld(names: readonly string[], url = "http://127.0.0.1:9", control = () => ({})): FakeWorld {
  const world = new FakeWorld(names, control);
  for (const engine of world.engines) Object.assign(engine, { endpoints: { ...engine.endpoints, http: url } });
  return world;
}

function placeOf(_fault: unknown, { engines, target }: FaultWorld): Place {
  const pod = (name: string, container: string): ChaosPod => ({
    ref: { by: "name", name },
    container,
    volumePath: "/state",
    memoryLimitMiB: 256,
  });
  const targets = engines.map(({ spec }: EngineHandle) => pod(spec.engine.replace("/", "-"), "engine"));
  const gateway = pod("gateway", "gateway");
  const aim = target === "host" ? "host" : "engines";
  return {
    namespace: "kvproof-x",
    aim,
    targets,
    choose: { mode: "all" },
    consumers: [gateway],
    all: [...targets, gateway],
  };
}

async function injected(
  kind: string,
  parameters: object,
  { stub = new StubController(), shell = here, world = aWorld(["m/1"]) }: Partial<Setup> = {},
): Promise<ActiveFault> {
  const injector = new ChaosMeshInjector({ api: stub, shell, labels: {}, place: placeOf });
  const begun = injector.inject({ id: "f", kind, parameters, target: world.target }, 5_000, world);
  if (begun === null) throw new Error(`${kind} is left to its own means`);
  return begun;
}
interface Setup {
  readonly stub: StubController;
  readonly shell: PodShell;
  readonly world: FakeWorld;
}

describe("what Chaos Mesh can do in a run", () => {
  it("is seen by a probe, done by the lab, or refused, kind by kind", () => {
    const unseen = FAULTS.map(({ kind }) => kind).filter((kind) => {
      const refusal = chaosMeshRules.refuses({
        kind,
        parameters: { ...PARTITION, backend: "auto", by: 1, megabytes: 16 },
        target: "engines/*",
      });
      return refusal === null && !PROBED_KINDS.includes(kind) && !byOwnMeans(kind);
    });
    expect(unseen).toEqual([]);
  });

  it("is refused beforehand for what it would do otherwise than the scenario says", () => {
    const refusal = (kind: string, parameters: object, target = "engines/*") =>
      chaosMeshRules.refuses({ kind, parameters, target });
    expect(refusal("link.partition", { ...PARTITION, ports: ["events"] })).toMatch(/cannot spare/);
    expect(refusal("process.kill", { how: "graceful", restart: "in-place" })).toMatch(/SIGKILL/);
    expect(refusal("process.kill", { how: "kill", restart: "none" })).toBeNull();
    expect(refusal("host.disk-full", {}, "gateway")).toMatch(/no volume/);
    expect(refusal("link.partition", PARTITION)).toBeNull();
  });
});

describe("a partition", () => {
  let server: Server | null = null;
  afterEach(() => void server?.close());

  it("is believed when the consumer's own pod cannot connect, and healed when it can", async () => {
    server = createServer((_request, response) => response.end("ok"));
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const stub = new StubController();
    const world = aWorld(["m/1"], `http://127.0.0.1:${port}`);
    const fault = await injected("link.partition", PARTITION, { stub, world });
    await expect.poll(() => stub.created.length).toBe(1);
    // AllInjected is True, and the packets pass all the same.
    expect(await fault.effect()).toBeNull();
    server.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    await expect
      .poll(() => fault.effect())
      .toBe("NetworkChaos f-1 injected into 1 of 1; from gateway: m/1 no connection in 8 dials");
    await fault.recover();
    expect(stub.left).toEqual([]);
    expect(await fault.recovered()).toBeNull();
    server.listen(port, "127.0.0.1");
    await expect.poll(() => fault.recovered()).toBe("NetworkChaos f-1: 1 of 1 recovered; from gateway: m/1 connects");
  });

  it("that the controller cannot make says why, instead of nothing", async () => {
    const stub = new StubController({ applyFails: ["m-1"] });
    const fault = await injected("link.partition", PARTITION, { stub, shell: scripted(dialled([1])) });
    await expect.poll(() => fault.effect().catch(String)).toMatch(/Apply failed: unable to flush ip sets/);
    await fault.recover();
    expect(await fault.recovered()).toMatch(/never injected/);
  });

  it("has a way out should the runner die: the fault's time and two minutes", async () => {
    const stub = new StubController();
    const fault = await injected("link.partition", PARTITION, { stub, shell: scripted(dialled([1])) });
    expect(stub.created[0]?.spec.duration).toBe("125s");
    await fault.recover();
  });
});

describe("links that are worse", () => {
  it.each([
    [
      "link.delay",
      { latency: 100, jitter: 20, direction: "both", ...ALL },
      [1, 1, 1],
      [202, 203, 201],
      "connects 201 ms later",
    ],
    [
      "link.loss",
      { percent: 10, backend: "auto", ...ALL },
      [1, 1, 1],
      [1, 1001, 1],
      "1 of 3 dials lost their first packet",
    ],
  ])("%s", async (kind, parameters, before, during, expected) => {
    const shell = scripted(dialled(before), dialled(before), dialled(during), dialled(during), dialled(before));
    const fault = await injected(kind, parameters, { shell });
    await expect.poll(() => fault.effect()).toContain(expected);
    await fault.recover();
    expect(await fault.recovered()).toBeNull();
    await expect.poll(() => fault.recovered()).toContain("1 of 1 recovered");
  });

  it("link.bandwidth", async () => {
    const wide = dialled([1], 1e6, 1000);
    const narrow = dialled([1], 12_000, 1000);
    const shell = scripted(wide, wide, narrow, wide);
    const fault = await injected("link.bandwidth", { rate_kbit_per_s: 64, ...ALL }, { shell });
    await expect.poll(() => fault.effect()).toContain("carries 96 kbit/s, 8000 before");
    await fault.recover();
    await expect.poll(() => fault.recovered()).toContain("carries 8000 kbit/s");
  });
});

describe("strain and clocks", () => {
  it("memory counts when the containers really hold it", async () => {
    const mib = (n: number) => ({ cpuNs: 0, bytes: n * 1024 * 1024, cpus: 2 });
    const shell = scripted(mib(100), mib(100), mib(100), mib(100), mib(228), mib(228), mib(100));
    const fault = await injected("host.memory", { megabytes: 256 }, { shell, world: aWorld(["m/1"]) });
    await expect.poll(() => fault.effect()).toContain("containers hold 256 MiB more than before");
    await fault.recover();
    await expect.poll(() => fault.recovered()).toContain("hold 0 MiB more");
    expect(shell.asked.slice(0, 2)).toEqual(["m-1/engine", "gateway/gateway"]);
  });

  it.skipIf(!cgroupIsHere)("reads a container's cgroup as this machine has it (needs a memory cgroup)", async () => {
    const fault = await injected("host.memory", { megabytes: 1 << 20 });
    expect(await fault.effect()).toBeNull();
    await fault.recover();
    await expect.poll(() => fault.recovered()).toMatch(/hold -?\d+ MiB more/);
  });

  it("a clock counts when the engine's wall clock is off, not when it was told to be", async () => {
    let skewS = 0;
    const control = () => ({ clock: { wall_seconds: Date.now() / 1000 + skewS } });
    const stub = new StubController();
    const world = aWorld(["m/1", "m/2"], undefined, control);
    const fault = await injected("clock.offset", { by: 600_000, direction: "alternate" }, { stub, world });
    expect(stub.created.map(({ spec }) => spec.timeOffset)).toEqual(["600000ms", "-600000ms"]);
    expect(await fault.effect()).toBeNull();
    skewS = 600;
    await expect.poll(() => fault.effect()).toMatch(/m\/1 \+600\.\d s, m\/2 \+600\.\d s \(the whole wall clock/);
    await fault.recover();
    expect(await fault.recovered()).toBeNull();
    skewS = 0;
    expect(await fault.recovered()).toMatch(/1 of 1 recovered, .*within \d+ ms of before/);
  });

  it("leaves nothing of two experiments when one of them cannot begin", async () => {
    class SecondIsDenied extends StubController {
      override async create(manifest: Parameters<StubController["create"]>[0]): Promise<void> {
        if (manifest.metadata.name === "f-2") throw new Error("quota");
        await super.create(manifest);
      }
    }
    const stub = new SecondIsDenied();
    const world = aWorld(["m/1", "m/2"], undefined, () => ({ clock: { wall_seconds: Date.now() / 1000 } }));
    await expect(injected("clock.offset", { by: 1000, direction: "alternate" }, { stub, world })).rejects.toThrow(
      "quota",
    );
    expect(stub.left).toEqual([]);
  });
});

describe("what ends processes", () => {
  it("is left to the lab, which has the container killed and nothing else", async () => {
    const stub = new StubController();
    const injector = new ChaosMeshInjector({ api: stub, shell: here, labels: {}, place: placeOf });
    const world = aWorld(["m/1"]);
    expect(
      injector.inject({ id: "k", kind: "process.kill", parameters: {}, target: "engines/*" }, 1, world),
    ).toBeNull();
    const kill = { namespace: "kvproof-x", pod: "m-1", container: "engine", labels: {}, name: "kill-1" };
    await killContainer(stub, kill);
    expect(stub.created.map(({ spec }) => [spec.action, spec.containerNames, spec.selector.pods])).toEqual([
      ["container-kill", ["engine"], { "kvproof-x": ["m-1"] }],
    ]);
    expect(stub.left).toEqual([]);
  });

  it("an engine that outgrew its limit is expected to end, and is started again afterwards", async () => {
    const world = aWorld(["m/1"]);
    const expected: string[] = [];
    Object.assign(world.orchestrator, { expectDeath: (engine: string) => void expected.push(engine) });
    let running: readonly EngineHandle[] = world.engines;
    Object.assign(world.lab, { engines: () => running });
    const stub = new StubController();
    const fault = await injected("host.oom", { megabytes: 64 }, { stub, world });
    expect(expected).toEqual(["m/1"]);
    expect(stub.created[0]?.spec.stressors).toMatchObject({ memory: { size: "320MiB", oomScoreAdj: -1000 } });
    expect(await fault.effect()).toBeNull();
    running = [];
    await expect.poll(() => fault.effect()).toMatch(/m\/1 ended/);
    await fault.recover();
    expect(world.told).toEqual(["start m/1"]);
    running = world.engines;
    expect(await fault.recovered()).toMatch(/m\/1 run again/);
  });
});
