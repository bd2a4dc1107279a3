import { describe, expect, it } from "vitest";
import { ANNOTATION, LABEL } from "../labels.js";
import { labAdditions, podTemplate } from "./base.js";
import { type LabPod, renderLabPod } from "./lab-pod.js";
import { kubeName } from "./names.js";

const engine: LabPod = {
  name: "llama-8b-1-abc123",
  namespace: "kvproof-xyz",
  runId: "run-1",
  image: "registry.example/kvproof:1",
  role: "engine",
  args: ["engine", "--model", "llama-8b"],
  env: [{ name: "KVPROOF_LAB_TOKEN", value: "secret" }],
  annotations: { [ANNOTATION.engine]: "llama-8b/1" },
};

function rendered(changes: Partial<LabPod> = {}): ReturnType<typeof renderLabPod> {
  return renderLabPod(podTemplate("base/engine.yaml"), labAdditions(), { ...engine, ...changes });
}

describe("a pod of the lab", () => {
  it("is the pod of deploy/base with arguments of its own under the lab's hand", () => {
    const [template] = podTemplate("base/engine.yaml").spec?.containers ?? [];
    const [container] = rendered().spec?.containers ?? [];
    expect(container).toMatchObject({
      name: "engine",
      args: ["pod", "--state", "/state", "--", "engine", "--model", "llama-8b"],
      readinessProbe: template?.readinessProbe,
      resources: template?.resources,
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
    });
    expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(["/tmp", "/state"]);
  });

  it("can be found and deleted by its labels, and says which engine it is", () => {
    const { metadata } = rendered();
    expect(metadata?.labels).toMatchObject({
      [LABEL.managedBy]: "kvproof",
      [LABEL.runId]: "run-1",
      [LABEL.role]: "engine",
    });
    expect(metadata?.annotations).toEqual({ "kvproof.dev/engine": "llama-8b/1" });
  });

  it("uses one image in all containers, so that a cluster needs no other", () => {
    const images = rendered().spec?.containers.map(({ image, imagePullPolicy }) => [image, imagePullPolicy]);
    expect(images).toEqual([
      ["registry.example/kvproof:1", "IfNotPresent"],
      ["registry.example/kvproof:1", "IfNotPresent"],
    ]);
  });

  it("gives no pod a token of the cluster that does not need one", () => {
    const gateway = renderLabPod(podTemplate("base/gateway.yaml"), labAdditions(), { ...engine, role: "gateway" });
    expect(gateway.spec?.automountServiceAccountToken).toBe(false);
    expect(gateway.spec?.serviceAccountName).toBeUndefined();
  });

  it("that moves wishes for another node, and still starts where there is none", () => {
    const { affinity } = rendered({ avoidNodes: ["node1"] }).spec ?? {};
    expect(affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution).toHaveLength(1);
    expect(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toBeUndefined();
    expect(rendered().spec?.affinity).toBeUndefined();
  });
});

describe("names in a cluster", () => {
  it("are made of what people wrote, and of what Kubernetes accepts", () => {
    expect(kubeName("Meta/Llama_8B.Instruct/1", "x1")).toBe("meta-llama-8b-instruct-1-x1");
    expect(kubeName("日本", "x1")).toBe("x-x1");
    const long = kubeName("m".repeat(100), "abc123");
    expect(long).toHaveLength(63);
    expect(long.endsWith("-abc123")).toBe(true);
  });
});
