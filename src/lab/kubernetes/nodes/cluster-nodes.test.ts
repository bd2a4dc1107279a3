/** A node that stays broken after a run breaks the next one, and whatever else runs there. */
import { describe, expect, it } from "vitest";
import type { GatewayPod } from "../pods/gateway-pod.js";
import type { LabEngine } from "../pods/lab-engine.js";
import { ClusterNodes } from "./cluster-nodes.js";

function cluster(fails: readonly string[] = []) {
  const told: string[] = [];
  const engine = (name: string, node: string): LabEngine =>
    ({
      spec: { engine: name },
      node,
      handle: {},
      standStill: (still: boolean) => told.push(`${name} ${still ? "stands" : "goes on"}`),
      diedWithNode: () => told.push(`${name} died`),
    }) as unknown as LabEngine;
  const gateway = {
    node: "a",
    standStill: (still: boolean) => told.push(`gateway ${still ? "stands" : "goes on"}`),
  } as unknown as GatewayPod;
  const all = [engine("m/1", "a"), engine("m/2", "b"), engine("m/3", "b")];
  const command = {
    run: async (action: string, node: string) => {
      told.push(`${action} ${node}`);
      if (fails.includes(action)) throw new Error(`${action} does not work`);
    },
  };
  return { nodes: new ClusterNodes(command, { engines: () => all, gateway }), told };
}

describe("the nodes under a run", () => {
  it("take their pods along, and nobody else's", async () => {
    const { nodes, told } = cluster();
    expect([nodes.nodeOf("m/2"), nodes.nodeOf("gateway"), nodes.nodeOf("m/9")]).toEqual(["b", "a", undefined]);
    expect(nodes.residents("b")).toEqual(["m/2", "m/3"]);
    await nodes.act("crash", "b");
    expect(told).toEqual(["crash b", "m/2 died", "m/3 died"]);
  });

  it("stand still with their pods, the gateway among them, until they are thawed", async () => {
    const { nodes, told } = cluster();
    await nodes.act("freeze", "a");
    await nodes.act("thaw", "a");
    expect(told).toEqual(["m/1 stands", "gateway stands", "freeze a", "thaw a", "m/1 goes on", "gateway goes on"]);
    await nodes.close();
    expect(told).toHaveLength(6);
  });

  it("are mended at the end of a run that did not come to it, also when only half of it was done", async () => {
    const { nodes, told } = cluster(["crash"]);
    await nodes.act("cut", "a");
    await expect(nodes.act("crash", "b")).rejects.toThrow("crash does not work");
    await nodes.close();
    expect(told.slice(-2)).toEqual(["mend a", "up b"]);
  });
});
