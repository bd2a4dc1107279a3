/** What a user is told when the lab in a cluster cannot run; nothing is made in the cluster then. */
import { describe, expect, it } from "vitest";
import { KvproofError } from "../../src/base/errors.js";
import { KubernetesLabFactory, type KubernetesOptions } from "../../src/lab/kubernetes/kubernetes-lab-factory.js";
import { CONTEXT, KubeStub } from "./kube-stub.js";

const options: KubernetesOptions = {
  dialects: ["vllm-0.30"],
  image: "localhost/kvproof:dev",
  keep: "never",
  reach: "auto",
  discovers: false,
  allowed: [CONTEXT],
};

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
    expect(error.message).toBe("this user may not: create namespaces, watch pods");
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
});
