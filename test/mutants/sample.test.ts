/**
 * Who checks the checkers? A sample of the gateways that are broken on purpose: for every property that simulation can
 * make fail, one whose defect it names; and one as a process. `npm run mutants` hunts them all.
 */
import { describe, expect, it } from "vitest";
import { PROPERTIES } from "../../src/judge/properties/catalogue.js";
import { foundBy, isFound } from "./hunt.js";
import { huntInSimulation } from "./hunt-in-simulation.js";
import { huntOnLab } from "./hunt-on-lab.js";
import { loadDefects } from "./load-defects.js";

/** Property → a defect that it finds within a few seeds. */
const SAMPLE: Readonly<Record<string, string>> = {
  S0: "claims-a-block-too-many",
  S1: "copies-counted-twice",
  S2: "unchained-blocks",
  S3: "credits-without-first-block",
  S4: "parent-hash-ignored",
  I1: "adapters-fall-together",
  I2: "removal-hits-everybody",
  I3: "gpu-removal-takes-cpu-copy",
  M1: "position-goes-back",
  M2: "late-joiner-calls-itself-live",
  M3: "purge-does-nothing",
  M6: "flaps",
  C1: "batches-applied-late",
  L1: "batches-applied-late",
  L2: "removals-ignored",
  B1: "tables-leak",
  R1: "routes-by-load-alone",
  O1: "counts-batches-twice",
};
const ON_LAB = "departed-engine-still-answers";

const defects = await loadDefects();

function defectNamed(id: string) {
  const defect = defects.find((candidate) => candidate.id === id);
  if (defect === undefined) throw new Error(`no defect ${id}`);
  return defect;
}

describe("a gateway with a seeded defect", () => {
  it.each(Object.entries(SAMPLE))("breaks %s in simulation: %s", { timeout: 60_000 }, async (property, id) => {
    const hunt = await huntInSimulation({ ...defectNamed(id), foundBy: [property] });
    expect(hunt.trouble).toBeNull();
    expect(foundBy(hunt)).toEqual([property]);
    expect(isFound(hunt)).toBe(true);
  });

  it("is found as a process, too", { timeout: 150_000 }, async () => {
    const hunt = await huntOnLab(defectNamed(ON_LAB));
    expect(isFound(hunt), hunt.trouble ?? "no named property failed").toBe(true);
  });

  it("is there for every property", () => {
    expect(PROPERTIES.map(({ id }) => id).filter((id) => !(id in SAMPLE))).toEqual([]);
  });
});
