import { describe, expect, it } from "vitest";
import { asError } from "../../base/errors.js";
import { LocalLabFactory } from "../../lab/local/local-lab-factory.js";
import { parseScenario } from "../schema/scenario-file.js";
import { makePlan, type PlanOptions } from "./make-plan.js";
import type { Plan } from "./plan.js";

const local = new LocalLabFactory(["vllm-0.30"]);
const base: PlanOptions = { sample: 1, lab: local, properties: [], checks: [] };

function plan(text: string, more: Partial<PlanOptions> = {}): Plan {
  const fleet = "id: chaos/x\ntitle: X\nfleet:\n  - { model: llama, replicas: 2 }\n";
  return makePlan(parseScenario(fleet + text, "x.yaml"), { ...base, ...more });
}
function problem(text: string, more: Partial<PlanOptions> = {}): string {
  try {
    plan(text, more);
  } catch (thrown) {
    return asError(thrown).message;
  }
  return "(accepted)";
}

describe("the times of faults", () => {
  it("cost a run without faults nothing", () => {
    expect(plan("")).toMatchObject({ faultMs: 0, healMs: 0, faults: [], needsRelay: false });
  });

  it("last to the end of the phase unless they say how long, and make the phase as long as they need", () => {
    const { faultMs, healMs, faults } = plan(
      "phases: { fault: 6s }\nfaults:\n  - { id: a, kind: process.kill, target: engines/*, at: 2s }\n  - { id: b, kind: process.kill, target: gateway, at: 1s, for: 9s }",
    );
    expect(faults.map(({ id, atMs, forMs }) => [id, atMs, forMs])).toEqual([
      ["b", 1000, 9000],
      ["a", 2000, 4000],
    ]);
    expect([faultMs, healMs]).toEqual([10_000, 2_000]);
  });

  it("keep what is a fault's own apart, with its defaults", () => {
    const [fault] = plan("faults: [{ id: a, kind: process.kill, target: engines/*, every: 2s }]").faults;
    expect(fault?.parameters).toEqual({ how: "kill", restart: "in-place", victims: "all", every: 2000 });
  });

  it("are not sampled below what a heartbeat's time-out needs to show", () => {
    const { faultMs, faults } = plan(
      "phases: { fault: 60s }\nfaults: [{ id: a, kind: process.kill, target: engines/*, at: 10s, for: 20s }]",
      { sample: 0.1 },
    );
    expect(faults[0]).toMatchObject({ atMs: 1000, forMs: 4500 });
    expect(faultMs).toBe(6000);
  });
});

describe("a fault that cannot be", () => {
  it("is refused where the lab lacks what it needs, with the reason", () => {
    const capabilities = new Set([...local.capabilities].filter((name) => name !== "engine.control"));
    const lab = {
      kind: "kubernetes" as const,
      capabilities,
      dialects: local.dialects,
      reasonWithout: () => "real engines have no lab port",
    };
    expect(problem("faults: [{ id: a, kind: engine.quirk, target: engines/*, quirk: burn-seq }]", { lab })).toBe(
      "x.yaml:5:25 engine.quirk is impossible here: real engines have no lab port",
    );
  });

  it("is another injector's to refuse, whatever the lab could do by itself", () => {
    const lab = {
      kind: "kubernetes" as const,
      capabilities: new Set<never>(),
      dialects: local.dialects,
      reasonWithout: () => "no such capability",
      injector: {
        name: "Chaos Mesh",
        refuses: ({ kind, parameters }: { kind: string; parameters: object }) =>
          "ports" in parameters && kind === "link.storm" ? "it resets no connections" : null,
      },
    };
    expect(problem("faults: [{ id: a, kind: link.storm, target: engines/* }]", { lab })).toBe(
      "x.yaml:5:25 link.storm is impossible here: it resets no connections",
    );
    const cut = plan("faults: [{ id: a, kind: link.partition, target: engines/* }]", { lab });
    expect(cut.needsRelay).toBe(false);
  });

  it.each([
    [
      "engine.quirk, target: gateway, quirk: burn-seq",
      "x.yaml:5:47 engine.quirk cannot be aimed at gateway; it can be aimed at: engines/…",
    ],
    [
      "process.kill, target: engines/llama/3",
      "x.yaml:5:47 no engine matches engines/llama/3; there are llama/1, llama/2",
    ],
    ["process.kill, target: gateway, restart: replace", "x.yaml:5:25 process.kill cannot work so: the gateway is one"],
    ["process.kill, target: engines/*, restart: none, every: 1s", "what stays down cannot be killed again"],
  ])("is refused for %s, before anything starts", (fault, expected) => {
    expect(problem(`faults: [{ id: a, kind: ${fault} }]`)).toContain(expected);
  });
});
