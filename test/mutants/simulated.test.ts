/** For every property a gateway that is broken in its way: the judge names that property, in simulation, within some seeds. */
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { PROPERTIES } from "../../src/judge/properties/catalogue.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { buildMutant } from "./build-mutant.js";
import { simulatedDefects } from "./simulated-defects.js";

const MAX_SEEDS = 25;

interface Simulation {
  readonly judgeSeed: (seed: number) => Promise<JudgeReport>;
}

describe("a simulated gateway with a seeded defect", () => {
  it.each(simulatedDefects)("$id breaks $property: $title", { timeout: 60_000 }, async (defect) => {
    const entry = await buildMutant(defect, "simulation");
    const { judgeSeed } = (await import(pathToFileURL(entry).href)) as Simulation;
    const failed = new Set<string>();
    for (let seed = 1; seed <= MAX_SEEDS && !failed.has(defect.property); seed++) {
      const { properties } = await judgeSeed(seed);
      for (const { id, verdict } of properties) if (verdict === "fail") failed.add(id);
    }
    expect([...failed]).toContain(defect.property);
  });

  it("there is one for every property", () => {
    const broken = new Set(simulatedDefects.map((defect) => defect.property));
    expect(PROPERTIES.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([]);
  });
});
