/** What is left of a failed run in a cluster once its namespace is gone: whoever looks into it later has only this. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { KubeApi } from "../../src/lab/kubernetes/cluster/kube-api.js";
import { gather, type Gathered } from "../../src/lab/kubernetes/evidence/gather.js";
import { MODEL_OBJECT } from "../../src/lab/kubernetes/evidence/owned-objects.js";
import { aNode, KubeStub } from "./kube-stub.js";

const TOKEN = "fedcba9876543210";
const PODS = "/api/v1/namespaces/kvproof-x/pods";
const LIMITS = { pieceMs: 500, allMs: 20_000, fileCharacters: 10_000 };

/** An engine that was killed and came back, and now is not ready. */
const POD = {
  metadata: { name: "llama-1", namespace: "kvproof-x", labels: { "kvproof.dev/role": "engine" } },
  spec: {
    nodeName: "n1",
    containers: [{ name: "engine", env: [{ name: "KVPROOF_LAB_TOKEN", value: TOKEN }] }],
  },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: [
      {
        name: "engine",
        image: "i",
        imageID: "",
        ready: false,
        restartCount: 1,
        state: { running: {} },
        lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
      },
    ],
  },
};

function event(reason: string, lastTimestamp: string): object {
  const involvedObject = { kind: "Pod", name: "llama-1" };
  return { type: "Warning", reason, message: "m", lastTimestamp, metadata: {}, involvedObject };
}

async function gathered(prepare: (stub: KubeStub) => void, more: Partial<Gathered> = {}) {
  const runDir = mkdtempSync(join(tmpdir(), "kvproof-run-"));
  onTestFinished(() => rmSync(runDir, { recursive: true }));
  const stub = await KubeStub.start();
  const { config } = stub;
  prepare(stub);
  const asked = {
    namespace: "kvproof-x",
    runDir,
    secrets: [TOKEN],
    chaosObjects: [],
    owned: [],
    limits: LIMITS,
    ...more,
  };
  await gather(new KubeApi(config), asked);
  const read = (name: string): string => {
    const file = join(runDir, "cluster", name);
    return existsSync(file) ? readFileSync(file, "utf8") : "(no file)";
  };
  return { stub, read, dir: join(runDir, "cluster") };
}

describe("evidence of a failed run in a cluster", () => {
  it("has pods, how they ended, logs of this life and the last, events in order, nodes, objects, chaos objects", async () => {
    const { read, stub } = await gathered(
      (api) => {
        api.put(POD as never);
        api.nodes = [aNode("n1", ["i"])];
        api.answers.set(`${PODS}/llama-1/log`, `said ${TOKEN}\n`);
        api.answers.set("/api/v1/namespaces/kvproof-x/events", {
          kind: "EventList",
          metadata: {},
          items: [event("Second", "2026-01-01T00:00:02Z"), event("First", "2026-01-01T00:00:01Z")],
        });
        const resources = [{ name: "configmaps", kind: "ConfigMap", namespaced: true, verbs: ["get"] }];
        api.answers.set("/api/v1", { kind: "APIResourceList", groupVersion: "v1", resources });
        const model = { kind: "ConfigMap", metadata: { name: "tiny-model" }, data: { "config.json": "{}" } };
        api.answers.set("/api/v1/namespaces/kvproof-x/configmaps/tiny-model", model);
      },
      {
        chaosObjects: [{ kind: "NetworkChaos", metadata: { name: "cut-1" }, status: { conditions: [] } } as never],
        owned: [MODEL_OBJECT],
      },
    );
    expect(read("pods.txt")).toContain(
      "llama-1: phase Running; on n1; not Ready; engine runs after 1 restarts; engine ended last with exit code 137 (OOMKilled)",
    );
    expect(read("pods.yaml")).toContain("exitCode: 137");
    expect(read("events.txt")).toMatch(/^2026-01-01T00:00:01\.000Z Warning Pod\/llama-1 First: m\n.* Second: m\n$/);
    expect(read("nodes.yaml")).toContain("name: n1");
    expect(read("logs/llama-1.engine.log")).toBe("said …\n");
    expect(read("logs/llama-1.engine.previous.log")).toBe("said …\n");
    expect(read("objects/ConfigMap-tiny-model.yaml")).toContain("name: tiny-model");
    expect(read("chaos/NetworkChaos-cut-1.yaml")).toContain("kind: NetworkChaos");
    expect(stub.changes).toEqual([]);
  });

  it("names no token of the lab anywhere", async () => {
    const { dir } = await gathered((api) => {
      api.put(POD as never);
      api.answers.set(`${PODS}/llama-1/log`, `said ${TOKEN}\n`);
    });
    const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect(readFileSync(join(dir, file), "utf8"), file).not.toContain(TOKEN);
  });

  it("without what cannot be had is still evidence, and says what is missing and why", async () => {
    const { read } = await gathered((api) => {
      api.put(POD as never);
      api.nodes = null;
      api.answers.set(`${PODS}/llama-1/log`, null);
    });
    expect(read("pods.yaml")).toContain("llama-1");
    const missing = read("not-collected.txt");
    expect(missing).toMatch(/^nodes: could not list nodes: nodes is forbidden$/m);
    expect(missing).toMatch(/^log llama-1\.engine\.log: waited 500 ms/m);
    expect(missing).toMatch(/^\/metrics of llama-1: the pod is not ready$/m);
  });

  it("of a cluster that is away is one file, and the run ends all the same", async () => {
    const { read } = await gathered((api) => api.stop());
    expect(read("not-collected.txt")).toMatch(/^pods: .*(ECONNREFUSED|waited 500 ms)/);
  });
});
