/** Which pods a fault hits: the wrong one broken is a verdict about the wrong engine. */
import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import type { FaultWorld } from "../../faults/fault.js";
import { ANNOTATION, LABEL } from "../labels.js";
import { placeIn } from "./in-lab.js";

function aPod(name: string, role: string, engine?: string, more: object = {}): V1Pod {
  const annotations: Record<string, string> = engine === undefined ? {} : { [ANNOTATION.engine]: engine };
  const container = {
    name: role,
    resources: { limits: { memory: role === "engine" ? "768Mi" : "2Gi" } },
    volumeMounts: [{ name: "state", mountPath: "/state" }],
  };
  return {
    metadata: { name, labels: { [LABEL.role]: role }, annotations, ...more },
    spec: { containers: [container, { name: "keeper" }] },
  };
}

const pods = [
  aPod("b", "engine", "llama/2"),
  aPod("a-old", "engine", "llama/1", { deletionTimestamp: new Date() }),
  aPod("a-new", "engine", "llama/1"),
  aPod("gateway", "gateway"),
  aPod("relay", "relay"),
];
const world = (...engines: readonly string[]): FaultWorld =>
  ({ engines: engines.map((engine) => ({ spec: { engine } })) }) as unknown as FaultWorld;
const names = (list: ReturnType<typeof placeIn>["targets"]) =>
  list.map(({ ref }) => (ref.by === "name" ? ref.name : ""));

describe("pods of a fault", () => {
  it("are those of its engines, in their order, without those that are on their way out", () => {
    const place = placeIn("ns", pods, { target: "engines/*" }, world("llama/1", "llama/2"));
    expect(names(place.targets)).toEqual(["a-new", "b"]);
    expect(names(place.consumers)).toEqual(["gateway"]);
    expect(place.targets[0]).toMatchObject({ container: "engine", volumePath: "/state", memoryLimitMiB: 768 });
  });

  it("are the gateway's, and all engines and the gateway for the host", () => {
    const gateway = placeIn("ns", pods, { target: "gateway" }, world());
    expect(names(gateway.targets)).toEqual(["gateway"]);
    expect(gateway.targets[0]).toMatchObject({ volumePath: null, memoryLimitMiB: 2048 });
    expect(names(placeIn("ns", pods, { target: "host" }, world()).all)).toEqual(["b", "a-new", "gateway"]);
  });
});
