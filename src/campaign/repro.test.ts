/** Who copies the line that repeats a run must get that run again, not one elsewhere or a refusal. */
import { describe, expect, it } from "vitest";
import type { LabCapability } from "../lab/ports.js";
import { makePlan } from "./plan/make-plan.js";
import { reproCommand, reproScript } from "./repro.js";
import { parseScenario } from "./schema/scenario-file.js";

const lab = {
  kind: "kubernetes" as const,
  capabilities: new Set<LabCapability>(),
  dialects: ["vllm-0.30"],
  reasonWithout: () => null,
  repeatOptions: ["--kubeconfig", "/my clusters/a", "--yes-this-cluster", "kvk", "--discover"],
};
const text = "id: e2e/x\ntitle: X\nfleet: [{ model: llama }]\nseed: 7\n";
const given = { sample: 0.5, properties: [], checks: ["cached-tokens-agree"], lab };

describe("the line that repeats a run in a cluster", () => {
  it("names the cluster, and that it may be used", () => {
    const line = reproCommand(makePlan(parseScenario(text, "x.yaml"), given));
    expect(line.slice(line.indexOf("run x.yaml"))).toBe(
      "run x.yaml --lab kubernetes --kubeconfig '/my clusters/a' --yes-this-cluster kvk --discover --seed 7 --sample 0.5",
    );
  });

  it("does so with real engines, and as a script", () => {
    const plan = makePlan(parseScenario(text, "x.yaml"), { ...given, engine: "vllm" });
    expect(reproScript(plan)).toContain("--yes-this-cluster kvk --discover --engine vllm --seed 7");
  });
});
