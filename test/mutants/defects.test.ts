/** What the seeded defects promise: that they are defects of today's source, and that nothing known from the field is left out. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/base/package-root.js";
import { PROPERTIES, PROPERTY_IDS } from "../../src/judge/properties/catalogue.js";
import { patched } from "./build-mutant.js";
import { knownDefects } from "./known-defects/all-known-defects.js";
import { loadDefects } from "./load-defects.js";

const defects = await loadDefects();
const MIN_DEFECTS = 60;

describe("the seeded defects", () => {
  it("are many, each with a name of its own", () => {
    expect(defects.length).toBeGreaterThanOrEqual(MIN_DEFECTS);
    expect(new Set(defects.map(({ id }) => id)).size).toBe(defects.length);
  });

  it.each(defects)("$area/$id changes words that are there once, and something named must notice", (defect) => {
    for (const patch of defect.patches) {
      const source = readFileSync(join(packageRoot, patch.file), "utf8");
      expect(patched(source, patch)).not.toBe(source);
    }
    expect(defect.patches.length).toBeGreaterThan(0);
    expect(defect.foundBy.length).toBeGreaterThan(0);
    expect(defect.foundBy.filter((id) => !PROPERTY_IDS.includes(id))).toEqual([]);
  });

  it("are looked for in scenarios that exist", () => {
    const scenarios = defects.flatMap(({ scenario }) => scenario ?? []);
    expect(scenarios.filter((scenario) => !existsSync(join(packageRoot, `${scenario}.yaml`)))).toEqual([]);
  });

  it("give every property something to find", () => {
    const named = new Set(defects.flatMap(({ foundBy }) => foundBy));
    expect(PROPERTIES.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it("cannot silently stop being defects: words that are gone fail the build", () => {
    expect(() => patched("a b", { file: "x.ts", find: "c", replace: "d" })).toThrow(/occur 0 times/);
    expect(() => patched("a a", { file: "x.ts", find: "a", replace: "d" })).toThrow(/occur 2 times/);
  });
});

describe("every known defect of the field", () => {
  const covered = new Set(defects.flatMap(({ covers }) => covers));

  it("is stood for by a seeded one, or has a reason why it cannot be", () => {
    const open = knownDefects.filter(({ id, notSeeded }) => !covered.has(id) && notSeeded === undefined);
    expect(open.map(({ id, what }) => `${id} ${what}`)).toEqual([]);
  });

  it("is not excused when it is covered", () => {
    expect(knownDefects.filter(({ id, notSeeded }) => covered.has(id) && notSeeded !== undefined)).toEqual([]);
  });

  it("is listed once, and nothing else is claimed to be covered", () => {
    const ids = knownDefects.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...covered].filter((id) => !ids.includes(id))).toEqual([]);
  });
});
