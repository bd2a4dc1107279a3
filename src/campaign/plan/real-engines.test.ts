/** What a scenario for doubles becomes under --engine vllm: a user must get the same question, not another scenario. */
import { describe, expect, it } from "vitest";
import { asError } from "../../base/errors.js";
import { LocalLabFactory } from "../../lab/local/local-lab-factory.js";
import { parseScenario } from "../schema/scenario-file.js";
import { makePlan, type PlanOptions } from "./make-plan.js";
import type { Plan } from "./plan.js";

const options: PlanOptions = {
  sample: 1,
  lab: new LocalLabFactory(["vllm-0.30"]),
  properties: ["S1", "L1"],
  checks: ["served"],
};
const HEAD = "id: e2e/x\ntitle: X\n";
const FLEET = "fleet:\n  - { model: llama, replicas: 4 }\n";

function plan(text: string, engine?: "vllm"): Plan {
  return makePlan(parseScenario(HEAD + text, "x.yaml"), { ...options, ...(engine === undefined ? {} : { engine }) });
}
function problem(text: string, engine?: "vllm"): string {
  try {
    plan(text, engine);
  } catch (thrown) {
    return asError(thrown).message;
  }
  return "(accepted)";
}

describe("real engines in the place of doubles", () => {
  it("are two with a small pool and a block size that a CPU takes", () => {
    const { engines } = plan(FLEET, "vllm");
    expect(engines).toHaveLength(2);
    expect(engines[0]).toMatchObject({ blocks: 256, blockSize: 32, vllm: { args: [], env: {}, volumes: [] } });
    expect(plan(FLEET).engines[0]?.vllm).toBeUndefined();
  });

  it("get less load and looser bounds, and are asked for less proof, but always for some", () => {
    const text = `${FLEET}workload: { kind: unique, rate_per_s: 40 }\nexpect: { opportunities: { S1: 300, L1: 10 } }\n`;
    const { workloads, bounds, opportunities } = plan(text, "vllm");
    expect(workloads[0]?.rate_per_s).toBeCloseTo(4);
    expect(bounds.stalenessNs).toBe(2e9);
    expect(opportunities).toEqual({ S1: 9, L1: 1 });
  });

  it("are always checked by the second oracle", () => {
    expect(plan(`${FLEET}checks: [served]\n`, "vllm").checks).toEqual(["served", "cached-tokens-agree"]);
  });

  it("take over what the scenario says for them", () => {
    const text = `${FLEET}steps:\n  - { at: 1s, do: engine.restart, engine: engines/llama/1, overtake: past }\n`;
    expect(problem(text, "vllm")).toMatch(/^x\.yaml:6:70 a real vLLM cannot do this: it publishes what requests/);
    const own = `with:\n  vllm:\n    steps: [{ at: 1s, do: engine.restart, engine: engines/llama/1 }]\n    opportunities: { L1: 3 }\n`;
    expect(plan(text + own, "vllm")).toMatchObject({ steps: [{ step: { overtake: "no" } }], opportunities: { L1: 3 } });
    expect(plan(text + own).steps).toMatchObject([{ step: { overtake: "past" } }]);
  });

  it("says where in its own part a scenario is wrong", () => {
    const own = `with:\n  vllm:\n    steps:\n      - { at: 1s, do: engine.kill, engine: engines/other/1 }\n`;
    expect(problem(FLEET + own, "vllm")).toMatch(/^x\.yaml:8:\d+ no engine matches engines\/other\/1/);
  });

  it.each([
    ["engine: { groups: 2 }", "hybrid models"],
    ["engine: { cpu_blocks: 10 }", "offloading connector"],
    ["engine: { replay: false }", "needs the replay endpoint"],
    ["engine: { publish_at_start: 5 }", "what requests make it cache"],
  ])("refuse %s up front with the reason", (engine, reason) => {
    expect(problem(`fleet:\n  - { model: llama, ${engine} }\n`, "vllm")).toContain(reason);
  });

  it("are found by a gateway that discovers engines, as doubles are", () => {
    const lab = { ...options.lab, kind: "kubernetes" as const, reasonWithout: () => null, discovers: true };
    expect(makePlan(parseScenario(HEAD + FLEET, "x.yaml"), { ...options, lab, engine: "vllm" }).gateway.discover).toBe(
      true,
    );
  });

  it("make no load by themselves", () => {
    const text = `${FLEET}workload: [{ kind: engine-load, rate_per_s: 100 }]\n`;
    expect(problem(text, "vllm")).toContain("it makes no load by itself");
    expect(problem(text)).toBe("(accepted)");
  });

  it("refuse quirks and clocks, which only doubles have", () => {
    const faults = `${FLEET}faults:\n  - { id: q, kind: engine.quirk, target: engines/*, quirk: burn-seq }\n`;
    expect(problem(faults, "vllm")).toContain("engines are real vLLM, and only kvproof's own have engine.control");
  });

  it("can be asked for by the scenario itself, whose numbers then stand", () => {
    const { engines, checks } = plan(
      "fleet:\n  - { model: m, engine: { kind: vllm, blocks: 900, block_size: 16, args: [--model, /m] } }\n",
    );
    expect(engines[0]).toMatchObject({ blocks: 900, blockSize: 16, vllm: { args: ["--model", "/m"] } });
    expect(checks).toEqual(["cached-tokens-agree"]);
  });
});
