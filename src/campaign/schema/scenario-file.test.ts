import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../base/package-root.js";
import { scenarioPage } from "./scenario-docs.js";
import { asError } from "../../base/errors.js";
import { parseScenario } from "./scenario-file.js";
import { scenarioJsonSchema } from "./scenario-schema.js";

const minimal = "id: e2e/x\ntitle: X\nfleet:\n  - model: llama\n";

function problem(text: string): string {
  try {
    parseScenario(text, "x.yaml");
  } catch (thrown) {
    return asError(thrown).message;
  }
  return "(accepted)";
}

describe("a scenario file", () => {
  it("needs little; the rest has defaults", () => {
    const { scenario } = parseScenario(minimal, "x.yaml");
    expect(scenario.fleet[0]?.engine.block_size).toBe(16);
    expect(scenario.bounds.staleness).toBe(500);
    expect(scenario.phases.steady).toBe(8000);
  });

  it.each([
    [
      "a misspelt key",
      `${minimal}    replcas: 3\n`,
      "x.yaml:5:5 fleet[0].replcas: unknown key (did you mean replicas?)",
    ],
    [
      "a misspelt key deep in a step",
      `${minimal}steps:\n  - { at: 1s, do: engine.add, model: llama, cuont: 3 }\n`,
      "x.yaml:6:45 steps[0].cuont: unknown key (did you mean count?)",
    ],
    [
      "a negative rate",
      `${minimal}workload: { kind: unique, rate_per_s: -1 }\n`,
      "x.yaml:5:39 workload.rate_per_s: must be at least 0",
    ],
    [
      "a duration without unit",
      `${minimal}phases: { steady: 10 }\n`,
      "x.yaml:5:19 phases.steady: a duration with its unit, such as 250ms, 3s or 1m",
    ],
    [
      "a misspelt step",
      `${minimal}steps:\n  - { at: 1s, do: engine.kil, engine: engines/* }\n`,
      "x.yaml:6:19 steps[0].do: one of engine.add, engine.scale, engine.delete, engine.kill, engine.restart, engine.migrate, engine.replace, engine.rollout, engine.evict, node.drain, adapter.load, adapter.unload, adapter.reload, cache.reset, cache.store, cache.evict, sut.remove, sut.add (did you mean engine.kill?)",
    ],
    [
      "a misspelt workload",
      `${minimal}workload: { kind: sharedprefix, rate_per_s: 1 }\n`,
      "x.yaml:5:19 workload.kind: one of shared-prefix, multi-turn, unique, long, engine-load (did you mean shared-prefix?)",
    ],
    ["no fleet", "id: a\ntitle: b\n", "x.yaml:1:1 fleet: is missing; expected array"],
    [
      "a misspelt key that must be there",
      "id: a\ntitle: b\nfleeet: []\n",
      "x.yaml:3:1 fleeet: unknown key (did you mean fleet?)",
    ],
    ["an empty fleet", "id: a\ntitle: b\nfleet: []\n", "x.yaml:3:8 fleet: must be at least 1 long"],
    [
      "a wrong hash",
      `${minimal}    engine: { hash: md5 }\n`,
      "x.yaml:5:21 fleet[0].engine.hash: must be one of sha256, sha256_cbor, xxhash, xxhash_cbor",
    ],
    [
      "a wrong target",
      `${minimal}steps: [{ at: 0s, do: engine.kill, engine: llama }]\n`,
      "x.yaml:5:44 steps[0].engine: a target such as engines/*, engines/llama/* or engines/llama/1",
    ],
    [
      "a misspelt key of a fault",
      `${minimal}faults:\n  - { id: a, kind: process.kill, target: gateway, restrat: none }\n`,
      "x.yaml:6:51 faults[0].restrat: unknown key (did you mean restart?)",
    ],
    [
      "a fault that is aimed at nothing",
      `${minimal}faults:\n  - { id: a, kind: process.kill, target: llama }\n`,
      "x.yaml:6:42 faults[0].target: a target such as engines/*, engines/llama/* or engines/llama/1, gateway, host",
    ],
    [
      "a fault's name that is taken",
      `${minimal}faults:\n  - { id: a, kind: process.kill, target: gateway }\n  - { id: a, kind: process.kill, target: gateway }\n`,
      "x.yaml:7:11 faults[1].id: another fault is called a",
    ],
  ])("says where %s is and what would be right", (_, text, expected) => expect(problem(text)).toBe(expected));

  it("says which kind of fault a misspelt one may be", () => {
    const text = `${minimal}faults:\n  - { id: a, kind: proces.kill, target: gateway }\n`;
    expect(problem(text)).toMatch(
      /^x\.yaml:6:20 faults\[0\]\.kind: one of .*process\.kill.* \(did you mean process\.kill\?\)$/,
    );
  });

  it("says where the YAML itself is broken", () => {
    expect(problem("id: [a\ntitle: b")).toMatch(/^x\.yaml:2:\d+ /);
  });

  it("refuses a bomb of aliases instead of eating the memory", () => {
    const level = (n: number): string => `l${n}: &l${n} [${Array.from({ length: 9 }, () => `*l${n - 1}`).join(",")}]\n`;
    const bomb = `l0: &l0 [x]\n${Array.from({ length: 9 }, (_, n) => level(n + 1)).join("")}`;
    expect(problem(bomb)).toMatch(/^x\.yaml:1:1 Excessive alias count/);
  });

  it("names every problem at once, not one per attempt", () => {
    expect(problem("id: A\ntitle: b\nfleet: []\nfoo: 1\n").split("\n")).toHaveLength(3);
  });

  it("is described for editors by a JSON Schema that knows every step", () => {
    const text = JSON.stringify(scenarioJsonSchema());
    for (const word of ["engine.restart", "overtake", "converge_prompts"]) expect(text).toContain(`"${word}"`);
  });
});

describe("docs/reference/scenario.md", () => {
  it("is current", () => {
    expect(readFileSync(join(packageRoot, "docs/reference/scenario.md"), "utf8")).toBe(scenarioPage());
  });
});
