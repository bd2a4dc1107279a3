/** Every kind of fault is tried on the reference gateway by at least one experiment; a fault nobody uses may have stopped biting. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readScenarioFile } from "../../src/campaign/schema/scenario-file.js";
import { FAULTS } from "../../src/lab/faults/catalogue.js";
import { QUIRKS } from "../../src/lab/faults/engine/quirk.js";
import { quirkKinds } from "../../src/engine/publisher/quirks.js";

const scenariosIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({ name, ...readScenarioFile(join(folder, name)).scenario }));
const experiments = scenariosIn(fileURLToPath(new URL("experiments", import.meta.url)));
/** What only a cluster can suffer. */
const inClusters = scenariosIn(fileURLToPath(new URL("../cluster", import.meta.url)));
const faults = [...experiments, ...inClusters].flatMap((experiment) => experiment.faults);

describe("the experiments", () => {
  it("use every kind of fault", () => {
    const used = new Set(faults.map(({ kind }) => kind));
    expect(FAULTS.map(({ kind }) => kind).filter((kind) => !used.has(kind))).toEqual([]);
  });

  it("let engines misbehave in every way that the engine double can", () => {
    expect([...QUIRKS].sort()).toEqual([...quirkKinds].sort());
    const used = new Set(faults.map(({ quirk }) => quirk));
    expect(QUIRKS.filter((quirk) => !used.has(quirk))).toEqual([]);
  });

  it("aim at the gateway, at one engine and at all of them", () => {
    const targets = new Set(faults.map(({ target }) => target));
    for (const target of ["gateway", "engines/*", "engines/llama-8b/1"]) expect(targets).toContain(target);
  });

  it("are called as their files are, break something, and want convergence within 30 s of it", () => {
    for (const { name, id, faults: broken, bounds } of experiments) {
      expect(`${id}.yaml`, name).toBe(`chaos/${name}`);
      expect(broken.length, name).toBeGreaterThan(0);
      expect(bounds.recovery, name).toBeLessThanOrEqual(30_000);
    }
  });
});
