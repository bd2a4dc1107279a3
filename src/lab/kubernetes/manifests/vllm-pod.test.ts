import { describe, expect, it } from "vitest";
import { podTemplate } from "./base.js";
import { MODEL_FOLDER, renderVllmPod, type VllmPodParts } from "./vllm-pod.js";

const parts: VllmPodParts = {
  name: "llama-1-abc",
  namespace: "kvproof-x",
  runId: "r",
  vllm: { args: [], env: {}, volumes: [] },
  args: ["--model", MODEL_FOLDER],
  env: { PYTHONHASHSEED: "0", HOME: "/home" },
  annotations: { "kvproof.dev/engine": "llama/1" },
  model: "tiny-model",
};
const rendered = (more: Partial<VllmPodParts> = {}) =>
  renderVllmPod(podTemplate("overlays/vllm-cpu/engine.yaml"), { ...parts, ...more });

describe("a pod with a real vLLM", () => {
  it("runs the image and command of the overlay with the lab's arguments, and finds the tiny model in its files", () => {
    const { spec } = rendered();
    const [container] = spec?.containers ?? [];
    expect(container?.image).toMatch(/^vllm\/vllm-openai:/);
    expect(container?.args).toEqual(["--model", MODEL_FOLDER]);
    expect(container?.volumeMounts).toContainEqual({ name: "model", mountPath: MODEL_FOLDER, readOnly: true });
    expect(spec?.volumes).toContainEqual({ name: "model", configMap: { name: "tiny-model" } });
  });

  it("keeps what vLLM cannot do without: its address, no service links, room for its message queue, time to start", () => {
    const { spec } = rendered();
    const [container] = spec?.containers ?? [];
    expect(spec?.enableServiceLinks).toBe(false);
    expect(container?.env).toContainEqual({ name: "VLLM_HOST_IP", value: "$(POD_IP)" });
    expect(spec?.volumes).toContainEqual({ name: "shm", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } });
    expect(container?.startupProbe?.failureThreshold).toBeGreaterThanOrEqual(300);
    // A variable that stands twice would be refused by the API server's strict checks.
    const names = container?.env?.map(({ name }) => name) ?? [];
    expect(new Set(names).size).toBe(names.length);
  });

  it("takes image, command and folders of the node from the scenario, read-only", () => {
    const volumes = [{ host: "/usr", path: "/usr" }];
    const vllm = { image: "mine:1", command: ["/v/python", "-m", "x"], args: [], env: {}, volumes };
    const { spec } = rendered({ vllm, model: null });
    const [container] = spec?.containers ?? [];
    expect(container).toMatchObject({ image: "mine:1", command: ["/v/python", "-m", "x"] });
    expect(container?.volumeMounts).toContainEqual({ name: "given-0", mountPath: "/usr", readOnly: true });
    expect(spec?.volumes).toContainEqual({ name: "given-0", hostPath: { path: "/usr" } });
    expect(spec?.volumes?.some(({ name }) => name === "model")).toBe(false);
  });
});
