import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { PodMemoryLimits } from "./out-of-memory.js";

interface Facts {
  readonly restarts?: number;
  readonly ended?: string;
  readonly down?: boolean;
  readonly limit?: string;
}

function pod({ restarts = 0, ended, down = false, limit = "768Mi" }: Facts): V1Pod {
  const terminated = { exitCode: 137, reason: ended };
  const states = down ? { state: { terminated } } : { state: { running: {} }, lastState: ended ? { terminated } : {} };
  const status = { name: "engine", restartCount: restarts, ready: true, image: "", imageID: "", ...states };
  return {
    spec: { containers: [{ name: "engine", resources: { limits: { memory: limit } } }] },
    status: { containerStatuses: [status] },
  } as V1Pod;
}

describe("the memory limit of a pod", () => {
  it("is what an engine must outgrow; the kubelet's word for its end is the evidence", async () => {
    let now = pod({});
    const limits = new PodMemoryLimits({ podOf: () => now }, ["m/1"]);
    expect(limits.growTo("m/1")).toBe(768);
    expect(await limits.seen()).toBeNull();
    now = pod({ ended: "OOMKilled", down: true });
    expect(await limits.seen()).toBe(
      "the kernel's OOM killer ended m/1 (limit 768 MiB): OOMKilled, as the kubelet says",
    );
    now = pod({ restarts: 1, ended: "OOMKilled" });
    expect(limits.kills("m/1")).toBe(1);
  });

  it("is not what ended a container that was killed otherwise, or before", async () => {
    let now = pod({ restarts: 3, ended: "OOMKilled" });
    const limits = new PodMemoryLimits({ podOf: () => now }, ["m/1"]);
    expect(limits.kills("m/1")).toBe(0);
    now = pod({ restarts: 4, ended: "Error" });
    expect(await limits.seen()).toBeNull();
  });

  it("must be there", () => {
    expect(() => new PodMemoryLimits({ podOf: () => pod({ limit: "" }) }, ["m/1"])).toThrow("has no memory limit");
    expect(() => new PodMemoryLimits({ podOf: () => undefined }, ["m/1"])).toThrow("does not run");
  });
});
