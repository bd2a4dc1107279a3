import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ANOMALIES } from "../../src/simulate/anomalies/catalogue.js";
import { loadDefects } from "../mutants/load-defects.js";
import { ALSO_BY, NOT_APPLICABLE, OPEN } from "./beyond-mutants.js";
import { coverageOf, inventory, shareCovered } from "./coverage.js";
import { fault, scenario, simulated, test } from "./mode.js";
import { SECTIONS } from "./sections.js";

const REQUIRED_SHARE = 0.8;
const have = inventory(await loadDefects());
const modes = SECTIONS.flatMap((section) => section.modes);
const covered = modes.map((mode) => coverageOf(mode, have));

const range = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);

describe("the catalogue of failure modes", () => {
  it("is whole: every known defect has its entry, each id once", () => {
    const ids = modes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const due = [
      ...range("D", 1, 27),
      ...range("A", 1, 11),
      ...range("B", 12, 28),
      ...range("C", 29, 48),
      ...range("D", 49, 54),
      ...range("E", 55, 58),
      ...range("W", 1, 21),
    ];
    expect(due.filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.filter((id) => id.startsWith("A-")).length).toBeGreaterThanOrEqual(26);
  });

  it("has every anomaly in simulation, too", () => {
    const simulatedIds = ANOMALIES.map(({ id }) => id);
    const ids = modes.map(({ id }) => id).filter((id) => id.startsWith("A-"));
    expect(simulatedIds.toSorted()).toEqual(ids.toSorted());
  });

  it("names only what exists, and says of each mode one thing", () => {
    expect(covered.flatMap(({ id, missing }) => missing.map((what) => `${id}: no ${what}`))).toEqual([]);
    const ids = new Set(modes.map(({ id }) => id));
    const said = [ALSO_BY, NOT_APPLICABLE, OPEN].flatMap((about) => Object.keys(about));
    expect(said.filter((id) => !ids.has(id))).toEqual([]);
    expect(covered.filter((mode) => mode.covered && mode.open !== undefined).map(({ id }) => id)).toEqual([]);
    expect(covered.filter((mode) => mode.covered && mode.notApplicable !== undefined).map(({ id }) => id)).toEqual([]);
  });

  it(`is covered to ${REQUIRED_SHARE * 100} % at least`, () => {
    const left = covered.filter((mode) => !mode.covered && mode.notApplicable === undefined).map(({ id }) => id);
    expect(shareCovered(covered), `not covered: ${left.join(", ")}`).toBeGreaterThanOrEqual(REQUIRED_SHARE);
  });

  it("the gate counts what ran: a test that nobody runs covers nothing", () => {
    const gate = readFileSync(fileURLToPath(new URL("../../scripts/ci.mjs", import.meta.url)), "utf8");
    expect(gate).toContain('["tests", "npm", ["test"]]');
    expect(gate).toMatch(/allowedSkips\.some[\s\S]*failed \+= 1/);
  });
});

describe("looking for covers", () => {
  const planned = {
    id: "k",
    kind: "link.delay",
    target: "engines/*",
    atMs: 0,
    forMs: 1,
    parameters: { latency: 100, way: "both" },
  };
  const own = {
    scenarios: [{ id: "chaos/slow", faults: [planned] }],
    simulated: new Set(["stream.drop"]),
    mutants: new Map([["D1", ["unchained"]]]),
  };
  const look = (...by: Parameters<typeof coverageOf>[0]["by"]) => coverageOf({ id: "x", what: "?", by }, own);

  it("finds experiments by the fault they really have, its parameters and its target", () => {
    expect(look(fault("link.delay")).experiments).toEqual(["chaos/slow"]);
    expect(look(fault("link.delay", { latency: 100 }))).toMatchObject({ covered: true });
    expect(look(fault("link.delay", { latency: 500 }))).toMatchObject({ covered: false, missing: [] });
    expect(look({ ...fault("link.delay"), target: "gateway" })).toMatchObject({ covered: false });
  });

  it("refuses what does not exist: a name alone covers nothing", () => {
    expect(look(scenario("e2e/nowhere"))).toMatchObject({ covered: false, missing: ["scenario e2e/nowhere"] });
    expect(look(simulated("stream.nothing")).missing).toHaveLength(1);
    expect(look(test("test/boundaries.test.ts", "no such test")).missing).toHaveLength(1);
    expect(look(test("test/no-such-file.test.ts", "x")).missing).toHaveLength(1);
  });

  it("counts seeded defects of the same id, and leaves what is not applicable out of the share", () => {
    const found = coverageOf({ id: "D1", what: "?", by: [] }, own);
    expect(found).toMatchObject({ covered: true, mutants: ["unchained"] });
    const none = coverageOf({ id: "D2", what: "?", by: [] }, own);
    expect(shareCovered([found, none])).toBe(0.5);
    expect(shareCovered([found, { ...none, notApplicable: "cannot be" }])).toBe(1);
  });
});
