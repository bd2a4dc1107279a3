/** What a user is told when the lab in a cluster cannot run; nothing is made in the cluster then. */
import { describe, expect, it } from "vitest";
import { KvproofError } from "../../src/base/errors.js";
import { KubernetesLabFactory, type KubernetesOptions } from "../../src/lab/kubernetes/kubernetes-lab-factory.js";
import { CHAOS_KINDS } from "../../src/lab/kubernetes/chaos-mesh/manifest.js";
import { aNode, CONTEXT, KubeStub } from "./kube-stub.js";

const options: KubernetesOptions = {
  dialects: ["vllm-0.30"],
  image: "localhost/kvproof:dev",
  keep: "never",
  reach: "auto",
  discovers: false,
  allowed: [CONTEXT],
  imageWait: { toldWithinMs: 0 },
};
const IMAGE = options.image;

async function refusal(changes: Partial<KubernetesOptions>): Promise<KvproofError> {
  const failed = await KubernetesLabFactory.connect({ ...options, ...changes }).catch((thrown: unknown) => thrown);
  if (failed instanceof KvproofError) return failed;
  throw new Error("it was not refused");
}

describe("a cluster that cannot be used", () => {
  it("is not touched when nobody said that it is meant", async () => {
    const stub = await KubeStub.start();
    const error = await refusal({ kubeconfig: stub.kubeconfigFile(), allowed: ["another"] });
    expect([error.code, error.exitCode]).toEqual(["KVP_E_CLUSTER_CONTEXT", 64]);
    expect(error.message).toContain(`context "${CONTEXT}" (${stub.url})`);
    expect(error.remedy).toContain("--yes-this-cluster");
    expect(stub.changes).toEqual([]);
  });

  it("is named when the context does not exist, with those that do", async () => {
    const stub = await KubeStub.start();
    const error = await refusal({ kubeconfig: stub.kubeconfigFile(), context: "prod" });
    expect([error.code, error.message]).toEqual([
      "KVP_E_CLUSTER_CONTEXT",
      'there is no context "prod"; there are: stub',
    ]);
  });

  it("says every permission that is missing, at once", async () => {
    const stub = await KubeStub.start();
    for (const one of ["create namespaces", "watch pods"]) stub.denied.add(one);
    const error = await refusal({ kubeconfig: stub.kubeconfigFile() });
    expect([error.code, error.exitCode]).toEqual(["KVP_E_CLUSTER_DENIED", 69]);
    expect(error.message).toBe("this user may not: create namespaces, watch pods; nothing was created");
    expect(stub.changes).toEqual([]);
  });

  it("that does not answer is said to be unreachable", async () => {
    const stub = await KubeStub.start();
    const kubeconfig = stub.kubeconfigFile();
    stub.stop();
    const error = await refusal({ kubeconfig });
    expect([error.code, error.exitCode]).toEqual(["KVP_E_CLUSTER_UNREACHABLE", 69]);
    expect(error.message).toMatch(/^could not reach the API server: .*ECONNREFUSED/);
  });

  it("that is configured nowhere is said to be so", async () => {
    const error = await refusal({ kubeconfig: "/nowhere/kubeconfig" });
    expect([error.code, error.message]).toEqual(["KVP_E_CLUSTER_UNREACHABLE", "/nowhere/kubeconfig does not exist"]);
  });

  it("without Chaos Mesh, or with half of it, is not used by that injector; nothing is made", async () => {
    const stub = await KubeStub.start();
    const kubeconfig = stub.kubeconfigFile();
    const none = await refusal({ kubeconfig, injector: "chaos-mesh" });
    expect([none.code, none.exitCode]).toEqual(["KVP_E_CHAOS_MESH", 69]);
    expect(none.message).toBe("Chaos Mesh is not installed in this cluster; nothing was created");
    expect(none.remedy).toContain("Install Chaos Mesh 2.8.3");
    stub.chaosKinds = CHAOS_KINDS.filter((kind) => kind !== "TimeChaos");
    const half = await refusal({ kubeconfig, injector: "chaos-mesh" });
    expect(half.message).toBe("this cluster's Chaos Mesh has no TimeChaos; nothing was created");
    expect(stub.changes).toEqual([]);
  });

  it("is asked for what a discovering gateway needs only where there is one", async () => {
    const stub = await KubeStub.start();
    stub.denied.add("create roles");
    const kubeconfig = stub.kubeconfigFile();
    expect((await refusal({ kubeconfig, discovers: true })).message).toMatch(/may not: create roles;/);
    await KubernetesLabFactory.connect({ ...options, kubeconfig });
    expect(stub.changes).toEqual([]);
  });
});

describe("an image that nodes do not have", () => {
  it("ends the run before anything is made, and names the nodes that lack it", async () => {
    const stub = await KubeStub.start();
    stub.nodes = [aNode("node1", [IMAGE, "other:1"]), aNode("node2", ["other:1"]), aNode("node3", ["other:1"])];
    const error = await refusal({ kubeconfig: stub.kubeconfigFile() });
    expect([error.code, error.exitCode]).toEqual(["KVP_E_CLUSTER_IMAGE", 69]);
    expect(error.message).toBe(
      `nodes node2, node3 do not have ${IMAGE}, and no registry serves it; looked for 0 s, nothing was created`,
    );
    expect(error.remedy).toContain("--image");
    expect(stub.changes).toEqual([]);
  });

  it("also when real engines bring it along: no namespace is made for them", async () => {
    const stub = await KubeStub.start();
    stub.nodes = [aNode("node1", [IMAGE])];
    const factory = await KubernetesLabFactory.connect({ ...options, kubeconfig: stub.kubeconfigFile() });
    const observer = { record: () => {}, engineLost: () => {}, engineEnded: () => {}, gatewayLost: () => {} };
    const opening = factory.open({ runId: "r", dir: "/nowhere", observer, images: ["localhost/vllm:1"] });
    await expect(opening).rejects.toMatchObject({ code: "KVP_E_CLUSTER_IMAGE" });
    expect(stub.changes).toEqual([]);
  });

  it("is waited for where it was loaded just now, for kubelets tell of it late", async () => {
    const stub = await KubeStub.start();
    stub.nodes = [aNode("node1", ["other:1"])];
    const notes: string[] = [];
    const note = (line: string): void => {
      notes.push(line);
      stub.nodes = [aNode("node1", ["other:1", IMAGE])];
    };
    const imageWait = { toldWithinMs: 30_000, note };
    await KubernetesLabFactory.connect({ ...options, kubeconfig: stub.kubeconfigFile(), imageWait });
    expect(notes).toEqual([`node node1 does not tell of ${IMAGE} yet; one loaded just now is told of within 30 s`]);
  });

  it.each([
    ["a registry may serve it", "registry.example/kvproof:1", [aNode("node1", ["other:1"])]],
    ["they tell of no images at all", IMAGE, [aNode("node1", [])]],
    ["this user may not see them", IMAGE, null],
    [
      "those that lack it take no pods",
      IMAGE,
      [aNode("a", [IMAGE]), aNode("b", ["x"], { taints: [{ effect: "NoSchedule" }] })],
    ],
  ] as const)("is left to the pods where %s", async (_, image, nodes) => {
    const stub = await KubeStub.start();
    stub.nodes = nodes;
    await KubernetesLabFactory.connect({ ...options, image, kubeconfig: stub.kubeconfigFile() });
    expect(stub.changes).toEqual([]);
  });
});
