/** Engines in a network namespace: reached like others, cut off for real, and nothing is left of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { examine, thisMachine } from "../../src/lab/local/host/machine.js";
import { EngineNamespace } from "../../src/lab/local/netns/engine-namespace.js";
import { NetnsLabFactory } from "../../src/lab/local/netns/netns-lab-factory.js";
import { endLeftovers, RunRegistry } from "../../src/lab/local/run-registry.js";
import type { Lab, LabFactory } from "../../src/lab/ports.js";
import { anEngine, LabWorld } from "./lab-world.js";

const lacking = thisMachine().abilities.get("network.namespaces") !== null;
const factory = (): LabFactory => new NetnsLabFactory(["vllm-0.30"]);
const health = (url: string, withinMs: number): Promise<number> =>
  request(`${url}/health`, { headersTimeout: withinMs, bodyTimeout: withinMs, reset: true }).then(
    async ({ statusCode, body }) => (await body.dump(), statusCode),
  );

async function anOpenLab(): Promise<{ lab: Lab; namespace: string }> {
  const { lab } = await LabWorld.open(undefined, { relay: true, factory: factory() });
  const { endpoints } = await lab.startEngine(anEngine("llama/1", { ranks: 2 }));
  await lab.startEngine(anEngine("llama/2"));
  return { lab, namespace: `kvp${endpoints.address.split(".")[2]}` };
}

const both = { engines: ["llama/1", "llama/2"], ports: ["events", "replay", "http"] } as const;

describe.skipIf(lacking)("the netns lab (needs root and nft)", () => {
  it("gives every engine an address of its own in the namespace, and leaves nothing behind", async () => {
    const { lab, namespace } = await anOpenLab();
    const [one, two] = lab.engines();
    expect([one, two].map((engine) => engine?.endpoints.address.slice(0, 7))).toEqual(["198.19.", "198.19."]);
    expect(one?.endpoints.address).not.toBe(two?.endpoints.address);
    expect(await health(one?.endpoints.http ?? "", 2000)).toBe(200);
    expect(networkInterfaces()[`${namespace}h`]).toBeDefined();
    const again = await lab.restartEngine("llama/1", "kill");
    expect(again.endpoints).toEqual(one?.endpoints);
    await lab.close();
    expect(networkInterfaces()[`${namespace}h`]).toBeUndefined();
    expect(existsSync(`/run/netns/${namespace}`)).toBe(false);
  });

  it("loses packets for real: everything arrives, late, because TCP sends again", async () => {
    const { lab } = await anOpenLab();
    const { links } = lab;
    await links?.begin("x", { kind: "loss", probability: 0.3 }, both, 1);
    const url = lab.engines()[0]?.endpoints.http ?? "";
    await waitFor(
      async () => {
        await health(url, 5000).catch(() => 0);
        const [account] = (await links?.look("x")) ?? [];
        return (account?.retransmissions ?? 0) > 3;
      },
      { describe: "packets to be lost", timeoutMs: 15_000 },
    );
    // The lab's own control port is never disturbed.
    expect(await lab.control("llama/1", "")).toMatchObject({ engine: { name: "llama/1" } });
    await links?.end("x");
    expect(await health(url, 2000)).toBe(200);
    const after = await links?.look("x");
    expect(after?.map(({ engine, heldBytes }) => [engine, heldBytes])).toEqual([
      ["llama/1", 0],
      ["llama/2", 0],
    ]);
    expect(after?.[0]?.passedSinceEnd).toBeGreaterThan(0);
  });

  it("cuts a link without a word: the connection stays, nothing comes", async () => {
    const { lab } = await anOpenLab();
    const { links } = lab;
    const url = lab.engines()[1]?.endpoints.http ?? "";
    await links?.begin(
      "cut",
      { kind: "silence", directions: ["to-gateway", "to-engine"] },
      { ...both, engines: ["llama/2"] },
      1,
    );
    await expect(health(url, 400)).rejects.toThrow(/time/i);
    expect(await health(lab.engines()[0]?.endpoints.http ?? "", 2000)).toBe(200);
    const [account] = (await links?.look("cut")) ?? [];
    expect(account).toMatchObject({ engine: "llama/2", passedBytes: { "to-gateway": 0, "to-engine": 0 } });
    expect(account?.heldBytes).toBeGreaterThan(0);
    expect(account?.silentMs["to-gateway"]).toBeGreaterThan(300);
    await links?.end("cut");
    await waitFor(() => health(url, 1000).then((status) => status === 200), {
      describe: "the link",
      timeoutMs: 10_000,
    });
  });

  it("refuses what only a relay can do", async () => {
    const { lab } = await anOpenLab();
    await expect(lab.links?.begin("x", { kind: "stall" }, both, 1)).rejects.toMatchObject({
      code: "KVP_E_SCENARIO_IMPOSSIBLE",
    });
    expect(factory().refuses?.("stream.drop")).toMatch(/packet by packet/);
    expect(factory().refuses?.("link.loss")).toBeNull();
    expect(factory().refuses?.("process.kill")).toBeNull();
  });

  it("of a run that crashed is taken away by the next start, which says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kvproof-netns-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const namespace = new EngineNamespace(new RunRegistry("crashed", "127.9.9", folder));
    namespace.open();
    const file = join(folder, "crashed.json");
    const state = JSON.parse(readFileSync(file, "utf8")) as { runner: object };
    writeFileSync(file, JSON.stringify({ ...state, runner: { ...state.runner, startTime: "long ago" } }));
    expect(existsSync(`/run/netns/${namespace.name}`)).toBe(true);
    expect(await endLeftovers(folder)).toEqual([
      `removed the network namespace ${namespace.name} and its link ${namespace.name}h, left behind by a run that crashed`,
    ]);
    expect(existsSync(`/run/netns/${namespace.name}`)).toBe(false);
  });
});

describe("the netns lab where the machine cannot have it", () => {
  it("is refused up front, with what is missing", () => {
    const machine = examine({ platform: "linux", isRoot: false, programs: () => "/bin/x", memoryGroups: () => "no" });
    expect(() => new NetnsLabFactory(["vllm-0.30"], undefined, machine)).toThrow(/cannot run here: it needs root/);
  });
});
