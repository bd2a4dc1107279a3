/** Where Chaos Mesh's own word is not enough: a run must neither take "recovered" for healed nor leave pods broken in silence. */
import { describe, expect, it } from "vitest";
import { allInjected, allRecovered, type ChaosObject, describeChaos } from "./chaos-object.js";
import { ExperimentLife, type LifeLimits } from "./experiment-life.js";
import { type ChaosManifest, manifestOf } from "./manifest.js";
import { StubController } from "./testing/stub-controller.js";

/** What should come has time; what should not come is given up soon. */
const LIMITS = { selectedMs: 10_000, recoveredMs: 10_000, goneMs: 10_000, forcedMs: 10_000 };
const SOON = 60;
const NAMING = { name: "cut", namespace: "kvproof-x", labels: {} };
const never = new AbortController().signal;

function partition(pods: readonly string[]): ChaosManifest {
  const selector = (names: readonly string[]) => ({ namespaces: ["kvproof-x"], pods: { "kvproof-x": names } });
  const spec = {
    action: "partition",
    direction: "both",
    mode: "all",
    selector: selector(pods),
    target: { mode: "all", selector: selector(["gateway"]) },
  } as const;
  return manifestOf({ kind: "NetworkChaos", oneShot: false, spec }, NAMING, 60);
}

function containerKill(): ChaosManifest {
  const selector = { namespaces: ["kvproof-x"], pods: { "kvproof-x": ["a"] } };
  const spec = { action: "container-kill", mode: "all", selector, containerNames: ["engine"] } as const;
  return manifestOf({ kind: "PodChaos", oneShot: true, spec }, NAMING, 60);
}

async function begun(stub: StubController, limits: Partial<LifeLimits> = {}): Promise<ExperimentLife> {
  const life = new ExperimentLife(stub, partition(["a", "b"]), false, { ...LIMITS, ...limits });
  await life.begin(never);
  await expect.poll(() => stub.left).toEqual(["cut"]);
  return life;
}

describe("an experiment that goes as it should", () => {
  it("is paused, seen recovered by its counts, and only then deleted", async () => {
    const stub = new StubController();
    const life = await begun(stub);
    await expect.poll(() => life.injected()).toBe("NetworkChaos cut injected into 2 of 2");
    expect(life.pods).toEqual(["a", "b"]);
    expect(life.outcome).toBeNull();
    await life.end();
    expect(life.outcome).toBe("2 of 2 recovered");
    expect(stub.asked).toEqual(["annotate experiment.chaos-mesh.org/pause", "delete"]);
    expect(stub.left).toEqual([]);
    await life.end();
    expect(stub.asked).toHaveLength(2);
  });

  it("that is done once is deleted without waiting for a recovery that never comes", async () => {
    const stub = new StubController();
    const life = new ExperimentLife(stub, containerKill(), true, LIMITS);
    await life.begin(never);
    await expect.poll(() => life.injected()).toBe("PodChaos cut injected into 1 of 1");
    await life.end();
    expect(life.outcome).toBe("done to 1, once");
    expect(stub.asked).toEqual(["delete"]);
  });
});

describe("an experiment that cannot begin", () => {
  it("because no pod was there to be selected says so with the object's events, and leaves nothing", async () => {
    const stub = new StubController({ findsNoPods: true });
    const life = new ExperimentLife(stub, partition(["a"]), false, { ...LIMITS, selectedMs: SOON });
    await expect(life.begin(never)).rejects.toThrow(
      /^waited 60 ms for NetworkChaos cut to select pods; last: .*Selected=False.*events: Failed: no pod is selected$/,
    );
    expect(stub.left).toEqual([]);
  });

  it("because nobody works on it asks for the controller", async () => {
    const stub = new StubController({ absent: true });
    const life = new ExperimentLife(stub, partition(["a"]), false, { ...LIMITS, selectedMs: SOON });
    await expect(life.begin(never)).rejects.toThrow(/does Chaos Mesh's controller run/);
    expect(stub.left).toEqual([]);
  });

  it("because a webhook refuses it quotes the webhook", async () => {
    const life = new ExperimentLife(
      new StubController({ denies: "target is needed" }),
      partition(["a"]),
      false,
      LIMITS,
    );
    await expect(life.begin(never)).rejects.toThrow("admission webhook denied the request: target is needed");
  });

  it("because the run ends is taken away again", async () => {
    const stub = new StubController({ findsNoPods: true });
    const stop = new AbortController();
    const life = new ExperimentLife(stub, partition(["a"]), false, LIMITS);
    const beginning = life.begin(stop.signal);
    stop.abort();
    await expect(beginning).rejects.toMatchObject({ code: "KVP_E_INTERRUPTED" });
    expect(stub.left).toEqual([]);
  });
});

describe("an experiment that Chaos Mesh lies about", () => {
  it("is not called injected when one of its pods never was", async () => {
    const life = await begun(new StubController({ applyFails: ["b"] }));
    await expect
      .poll(() => life.trouble)
      .toMatch(/1 of 2 injected; kvproof-x\/b: .*Apply failed: unable to flush ip sets/);
    expect(life.injected()).toBeNull();
    await life.end();
  });

  it("is not called recovered when it was never injected, although AllRecovered is True", async () => {
    const life = await begun(new StubController({ applyFails: ["a", "b"] }));
    await life.end();
    expect(life.outcome).toMatch(/^never injected: .*AllRecovered=True.*0 of 2 injected/);
  });
});

describe("an experiment that is not given up", () => {
  it("loses its finalizer by force, and the pods that may still be broken are named", async () => {
    const stub = new StubController({ recoverFails: true });
    const life = await begun(stub, { recoveredMs: SOON, goneMs: SOON });
    await expect.poll(() => life.injected()).not.toBeNull();
    await expect(life.end()).rejects.toThrow(
      /^recovery failed: .*Recover failed: container not found; its finalizer was removed by force, but a, b may still be broken/,
    );
    expect(stub.asked).toEqual([
      "annotate experiment.chaos-mesh.org/pause",
      "delete",
      "annotate chaos-mesh.chaos-mesh.org/cleanFinalizer",
    ]);
    expect(stub.left).toEqual([]);
    expect(life.outcome).toBeNull();
  });

  it("is told even when all pods were recovered and only the object stays", async () => {
    const life = await begun(new StubController({ neverLetsGo: true }), { goneMs: SOON });
    await expect(life.end()).rejects.toThrow(/was not given up within 60 ms; its finalizer was removed by force/);
  });

  it("not even by force ends the wait all the same", async () => {
    const life = await begun(new StubController({ neverLetsGo: true, deaf: true }), { goneMs: SOON, forcedMs: SOON });
    await expect(life.end()).rejects.toThrow(/waited 60 ms for NetworkChaos cut to be gone/);
  });
});

describe("reading a status", () => {
  const record = { id: "ns/a", phase: "Not Injected", injectedCount: 1, recoveredCount: 0 };
  const object = (records: readonly object[]): ChaosObject =>
    ({
      metadata: { name: "x" },
      status: {
        conditions: [
          { type: "AllRecovered", status: "True" },
          { type: "AllInjected", status: "True" },
        ],
        experiment: { containerRecords: records },
      },
    }) as ChaosObject;

  it("counts, whatever the conditions say", () => {
    expect(allRecovered(object([record]))).toBe(false);
    expect(allRecovered(object([{ ...record, recoveredCount: 1 }]))).toBe(true);
    expect(allInjected(object([]))).toBe(false);
    expect(describeChaos(undefined)).toBe("created, nothing heard of it yet");
  });
});
