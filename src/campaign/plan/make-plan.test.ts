import { describe, expect, it } from "vitest";
import { asError } from "../../base/errors.js";
import { LocalLabFactory } from "../../lab/local/local-lab-factory.js";
import { parseScenario } from "../schema/scenario-file.js";
import { makePlan, type PlanOptions } from "./make-plan.js";

const options: PlanOptions = {
  sample: 1,
  lab: new LocalLabFactory(["vllm-0.30", "sglang-map"]),
  properties: ["S0", "S1", "C1"],
  checks: ["follows-prefix"],
};

const fleet = "id: e2e/x\ntitle: X\nfleet:\n  - { model: llama, replicas: 20 }\n";
function plan(text: string, more: Partial<PlanOptions> = {}): ReturnType<typeof makePlan> {
  return makePlan(parseScenario(fleet + text, "x.yaml"), { ...options, ...more });
}
function problem(text: string, more: Partial<PlanOptions> = {}): string {
  try {
    plan(text, more);
  } catch (thrown) {
    return asError(thrown).message;
  }
  return "(accepted)";
}

describe("planning", () => {
  it("names engines by model and number", () => {
    expect(
      plan("")
        .engines.map((engine) => engine.engine)
        .slice(0, 3),
    ).toEqual(["llama/1", "llama/2", "llama/3"]);
  });

  it.each([
    [
      "expect: { opportunities: { S9: 3 } }",
      "x.yaml:5:28 no property has the id S9 (did you mean S0?); known: S0, S1, C1",
    ],
    [
      "checks: [follow-prefix]",
      "x.yaml:5:10 no check has the id follow-prefix (did you mean follows-prefix?); known: follows-prefix",
    ],
    [
      "workload: [{ kind: unique, rate_per_s: 1, models: [lama] }]",
      "x.yaml:5:51 the fleet has no model lama (did you mean llama?)",
    ],
    [
      "steps: [{ at: 1s, do: engine.kill, engine: engines/llama/21 }]",
      "x.yaml:5:44 no engine matches engines/llama/21; there are llama/1",
    ],
    [
      "steps: [{ at: 1s, do: engine.scale, model: lama, to: 2 }]",
      "x.yaml:5:44 the fleet has no model lama (did you mean llama?)",
    ],
  ])("refuses %s before anything starts", (text, expected) => {
    expect(problem(text)).toContain(expected);
  });

  it("refuses what the lab cannot do", () => {
    const lab = {
      kind: "external" as const,
      capabilities: new Set<never>(),
      dialects: options.lab.dialects,
      reasonWithout: () => "its engines belong to someone else",
    };
    expect(problem("steps: [{ at: 1s, do: engine.kill, engine: engines/* }]", { lab })).toContain(
      "the external lab cannot do engine.kill: its engines belong to someone else",
    );
  });

  it("knows the engines that earlier steps add", () => {
    const steps =
      "steps:\n  - { at: 2s, do: engine.kill, engine: engines/llama/21 }\n  - { at: 1s, do: engine.add, model: llama }";
    expect(problem(steps)).toBe("(accepted)");
  });
});

describe("sampling", () => {
  it("shortens phases, rates and large fleets, never bounds or what must be exercised", () => {
    const text =
      "workload: { kind: unique, rate_per_s: 100 }\nphases: { steady: 60s }\nexpect: { opportunities: { S1: 200, C1: 1 } }";
    const sampled = plan(text, { sample: 0.25 });
    expect(sampled.engines).toHaveLength(8);
    expect(sampled.steadyMs).toBe(15_000);
    expect(sampled.workloads[0]?.rate_per_s).toBe(50);
    expect(sampled.opportunities).toEqual({ S1: 25, C1: 1 });
    expect(sampled.bounds).toEqual(plan(text).bounds);
  });

  it("leaves each step the time that its effect needs", () => {
    const text =
      "steps:\n  - { at: 1s, do: adapter.unload, engine: engines/*, adapter: sql }\n  - { at: 8s, do: engine.kill, engine: engines/llama/1 }\n  - { at: 8s, do: engine.kill, engine: engines/llama/2 }";
    const [unload, kill, together] = plan(text, { sample: 0.1 }).steps;
    expect(unload?.atMs).toBe(100);
    expect(kill?.atMs).toBe(100 + 3000);
    expect(together?.atMs).toBe(kill?.atMs);
  });
});
