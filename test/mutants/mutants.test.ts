/**
 * Who checks the checkers? Gateways that are broken on purpose, each in a way that a real system shipped: the run must end 1
 * and name a property that stands for the defect.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliEntry, packageRoot } from "../../src/base/package-root.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { buildMutant, patched } from "./build-mutant.js";
import { defects } from "./defects.js";

const RUN_LIMIT_MS = 120_000;

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

function runScenario(scenario: string, entry: string, out: string): Promise<Outcome> {
  const args = [cliEntry(), "run", `test/e2e/${scenario}.yaml`, "--sample", "0.2", "--quiet", "--out", out];
  args.push("--gateway-command", `${process.execPath} ${entry} gateway`);
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: packageRoot, timeout: RUN_LIMIT_MS }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, output: stdout + stderr });
    });
  });
}

function judgedOf(out: string): JudgeReport {
  const file = readdirSync(out, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith("properties.json"));
  if (!file) throw new Error(`no properties.json under ${out}`);
  return JSON.parse(readFileSync(join(out, file), "utf8")) as JudgeReport;
}

describe("a gateway with a seeded defect", () => {
  let out: string;
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), "kvproof-mutants-"));
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it.each(defects)(
    "$id is found: $title",
    async (defect) => {
      const runs = join(out, defect.id);
      const { exitCode, output } = await runScenario(defect.scenario, await buildMutant(defect), runs);
      expect(exitCode, output).toBe(1);
      const failed = judgedOf(runs).properties.filter((property) => property.verdict === "fail");
      const named = failed.map((property) => property.id).filter((id) => defect.foundBy.includes(id));
      expect(named, `failed: ${failed.map((property) => property.id).join(", ")}`).not.toEqual([]);
      for (const property of failed) expect(property.violations.length).toBeGreaterThan(0);
    },
    RUN_LIMIT_MS + 30_000,
  );

  it("cannot silently stop being one: words that are gone fail the build", () => {
    expect(() => patched("a b", { file: "x.ts", find: "c", replace: "d" })).toThrow(/occur 0 times/);
    expect(() => patched("a a", { file: "x.ts", find: "a", replace: "d" })).toThrow(/occur 2 times/);
  });
});
