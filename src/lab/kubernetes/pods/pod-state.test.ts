import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { type Plain } from "../manifests/plain.js";
import { describePod, isReady, lastEnd, lifeName, lifeOf, problemOf } from "./pod-state.js";

type State = Plain<V1ContainerStatus>["state"];

function aPod(
  state: State,
  more: Partial<Plain<V1ContainerStatus>> = {},
  metadata: Plain<V1Pod>["metadata"] = {},
): Plain<V1Pod> {
  const status = { name: "engine", image: "localhost/kvproof:dev", imageID: "", ready: true, restartCount: 0, ...more };
  return {
    metadata: { name: "engine-a", uid: "u1", ...metadata },
    spec: { nodeName: "node1", containers: [] },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ ...status, ...(state === undefined ? {} : { state }) }],
    },
  };
}
const runs: State = { running: {} };

describe("a pod's state", () => {
  it("tells two lives of one container apart: same pod, same address, an empty cache", () => {
    const before = lifeOf(aPod(runs), "engine");
    const after = lifeOf(aPod(runs, { restartCount: 1 }), "engine");
    expect([lifeName(before), lifeName(after)]).toEqual(["u1/0", "u1/1"]);
  });

  it("goes by the condition: a container on a crashed node says ready for as long as nobody is there to change it", () => {
    const pod = aPod(runs);
    const crashed = { ...pod, status: { ...pod.status, conditions: [{ type: "Ready", status: "False" }] } };
    expect([isReady(pod), isReady(crashed)]).toEqual([true, false]);
  });

  it("is not ready any more once it is being deleted, whatever it says", () => {
    expect(isReady(aPod(runs, {}, { deletionTimestamp: new Date() }))).toBe(false);
  });

  it("names an image that is not there at once, instead of waiting for it", () => {
    const waiting = { reason: "ErrImageNeverPull", message: "not present with pull policy of Never" };
    expect(problemOf(aPod({ waiting }))).toEqual({
      kind: "image",
      text: "localhost/kvproof:dev on node node1: ErrImageNeverPull not present with pull policy of Never",
    });
    expect(problemOf(aPod({ waiting: { reason: "ContainerCreating" } }))).toBeNull();
    expect(problemOf(aPod({ waiting: { reason: "CrashLoopBackOff" } }))).toBeNull();
    expect(problemOf(aPod({ waiting: { reason: "CreateContainerConfigError" } }))?.kind).toBe("container");
  });

  it("says how a container ended, the kernel's own kill by name", () => {
    const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
    expect(lastEnd(aPod(runs, { lastState, restartCount: 1 }), "engine")).toBe("exit code 137 (OOMKilled)");
    expect(lastEnd(aPod(runs), "engine")).toBeNull();
  });

  it("is described in one line that a person can act on", () => {
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s" };
    const pod = aPod({ waiting }, { restartCount: 2 }, { deletionTimestamp: new Date() });
    expect(describePod(pod)).toBe(
      "phase Running; on node1; being deleted; engine waits (CrashLoopBackOff) (back-off 10s) after 2 restarts",
    );
    expect(describePod(undefined)).toBe("there is no such pod");
  });
});
