import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NodeAction } from "../../nodes.js";
import type { EngineHandle } from "../../ports.js";
import { FakeWorld } from "../testing/fake-world.js";
import { nodeCrash } from "./crash.js";
import { nodeFreeze } from "./stand-still.js";
import { touchedBy } from "./struck-node.js";

/** Engines m/1 beside the gateway on node a, m/2 and m/3 on node b; nodes do as they are told. */
async function world(aims: readonly string[], places: Readonly<Record<string, string>>) {
  const still = new Set<string>();
  const server = createServer((req, res) => {
    const node = places[decodeURIComponent((req.url ?? "").split("/")[1] ?? "")] ?? "";
    if (still.has(node)) req.socket.destroy();
    else res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const acts: string[] = [];
  const handle = (engine: string): EngineHandle =>
    ({ spec: { engine }, direct: { http: `${url}/${encodeURIComponent(engine)}` } }) as unknown as EngineHandle;
  const engines = Object.keys(places).filter((name) => name !== "gateway");
  const nodes = {
    nodeOf: (name: string) => places[name],
    residents: (node: string) => Object.keys(places).filter((name) => places[name] === node),
    act: async (action: NodeAction, node: string) => {
      acts.push(`${action} ${node}`);
      if (action === "freeze" || action === "crash") still.add(node);
      else still.delete(node);
    },
  };
  const made = new FakeWorld(aims, undefined, { nodes, engines: () => engines.map(handle) });
  const orchestrator = { ...made.orchestrator, expectDeath: () => undefined };
  return { world: Object.assign(made, { orchestrator }), acts };
}

const PLACES = { gateway: "a", "m/1": "a", "m/2": "b", "m/3": "b" };

describe("a fault of a node", () => {
  it("strikes the first node of its targets without the gateway, and all that runs there", async () => {
    const { world: struck, acts } = await world(["m/1", "m/2"], PLACES);
    expect(touchedBy(struck)).toEqual(["engines/m/2", "engines/m/3"]);
    const active = await nodeFreeze.inject(struck, {});
    expect(acts).toEqual(["freeze b"]);
    expect(await active.effect()).toBe("node b (m/2, m/3): nothing on it answers within 400 ms");
    expect(await active.recovered()).toBeNull();
    await active.recover();
    await active.recover();
    expect(acts).toEqual(["freeze b", "thaw b"]);
    expect(await active.recovered()).toBe("node b (m/2, m/3): all on it answer again");
  });

  it("is refused where every such node runs the gateway, too", async () => {
    const { world: alone } = await world(["m/1"], PLACES);
    await expect(nodeFreeze.inject(alone, {})).rejects.toThrow("engines/* runs on a, where the gateway runs, too");
  });

  it("that ends the node ends its engines, and starts them once it is up again", async () => {
    const { world: struck, acts } = await world(["m/2"], PLACES);
    const active = await nodeCrash.inject(struck, {});
    expect(struck.told).toEqual(["stop m/2", "stop m/3"]);
    expect(await active.effect()).toBe("node b (m/2, m/3) ended with all that ran on it");
    await active.recover();
    expect(acts).toEqual(["crash b", "up b"]);
    expect(struck.told.slice(2)).toEqual(["start m/2", "start m/3"]);
    expect(await active.recovered()).toMatch(/^node b \(m\/2, m\/3\) is up again, its engines \d+ ms after/);
  });

  it("brings the node back for a run that ends early, and no engine", async () => {
    const { world: struck, acts } = await world(["m/2"], PLACES);
    const active = await nodeCrash.inject(struck, {});
    struck.stop.abort();
    await active.recover();
    expect(acts).toEqual(["crash b", "up b"]);
    expect(struck.told).toEqual(["stop m/2", "stop m/3"]);
  });
});
