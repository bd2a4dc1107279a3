import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../../src/lab/faults/catalogue.js";
import { factsOf } from "./fault-facts.js";
import { EXPERIMENTS_DIR, runbookPage } from "./runbook-page.js";

describe("the chaos runbook", () => {
  const page = runbookPage();

  it("has every experiment, with its command, what to see, and how to clean up: whoever is on call finds it", () => {
    const files = readdirSync(EXPERIMENTS_DIR).filter((file) => file.endsWith(".yaml"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(page).toContain(`node dist/kvproof.js run test/chaos/experiments/${file}`);
    for (const row of ["Blast radius", "You should see", "Held to", "Cleanup by hand"]) {
      expect(page.split(`- **${row}**`).length - 1).toBe(files.length);
    }
  });

  it("says something of every kind of fault that there is", () => {
    for (const { kind } of FAULTS) {
      for (const fact of Object.values(factsOf(kind))) expect(fact.length, kind).toBeGreaterThan(10);
    }
  });

  it("has no value that did not resolve", () => {
    expect(page).not.toMatch(/undefined|\[object|NaN/);
  });
});
