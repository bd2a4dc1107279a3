/** Pods of a fleet as a lab or an export would name them. */
import type { ChaosPod, Place } from "../../src/lab/kubernetes/chaos-mesh/translate/place.js";

export interface PlaceShape {
  readonly engines: readonly string[];
  readonly aim?: Place["aim"];
  readonly by?: "name" | "label";
  readonly volumePath?: string | null;
  readonly memoryLimitMiB?: number | null;
}

export function aPlace(shape: PlaceShape): Place {
  const { engines, aim = "engines", by = "name", volumePath = "/var/lib/kvproof", memoryLimitMiB = 256 } = shape;
  const pod = (name: string, container: string): ChaosPod => ({
    ref: by === "name" ? { by, name } : { by, key: "kvproof.dev/engine", value: name },
    container,
    volumePath: container === "engine" ? volumePath : null,
    memoryLimitMiB,
  });
  const targets = engines.map((name) => pod(name.replace("/", "-"), "engine"));
  const gateway = pod("gateway", "gateway");
  const of = { engines: targets, gateway: [gateway], host: [] };
  return {
    namespace: "kvproof-test",
    targets: of[aim],
    choose: { mode: "all" },
    consumers: [gateway],
    all: [...targets, gateway],
    aim,
  };
}
