/** `kvproof bench compare` as a user runs it, on builds whose benchmark is a few lines that say what it would. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliEntry } from "../../src/base/package-root.js";

const LIMIT_MS = 120_000;
let world: string;
beforeAll(() => void (world = mkdtempSync(join(tmpdir(), "kvproof-cli-bench-"))));
afterAll(() => rmSync(world, { recursive: true, force: true }));

interface Figures {
  readonly mops: number;
  readonly wrong?: number;
  readonly setup?: string;
}

/** A folder that looks like a build: its benchmark writes the report that bench:core would. */
function aBuild(name: string, { mops, wrong = 0, setup }: Figures): string {
  const folder = join(world, name);
  mkdirSync(join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  const rate = { map: { median: mops }, array: { median: mops } };
  const match = { "128": { p50_us: 5 / (mops || 1) }, "625": { p50_us: 20 / (mops || 1) } };
  const workload = {
    ingest_mops: rate,
    decode_mops: rate,
    match,
    bytes_per_resident_block: 50,
    questions: 10,
    wrong_answers: { map: wrong },
  };
  writeFileSync(
    join(folder, "dist", "bench-core.js"),
    `require("node:fs").writeFileSync(process.argv.at(-1), ${JSON.stringify(JSON.stringify({ workloads: [workload] }))});`,
  );
  if (setup !== undefined) {
    mkdirSync(join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "scripts", "setup.mjs"), setup);
  }
  return folder;
}

function compare(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cliEntry(), "bench", "compare", ...args],
      { timeout: LIMIT_MS },
      (error, stdout, stderr) => resolve({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

describe("kvproof bench compare", { timeout: LIMIT_MS }, () => {
  it("ends 0 for a build that is as fast, and writes the whole result with its machine", async () => {
    const file = join(world, "out", "same.json");
    const { exitCode, stdout, stderr } = await compare(
      "--baseline",
      aBuild("old", { mops: 3 }),
      "--candidate",
      aBuild("same", { mops: 3 }),
      "--json",
      file,
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^pass: /);
    const result = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    expect(result).toMatchObject({
      schemaVersion: 1,
      verdict: "pass",
      machine: { cores: expect.any(Number) as number },
    });
  });

  it("ends 3 for one that is 20 % slower and names the figures", async () => {
    const { exitCode, stdout } = await compare(
      "--baseline",
      aBuild("fast", { mops: 3 }),
      "--candidate",
      aBuild("slow", { mops: 2.4 }),
    );
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/ingest map .*FAIL/);
  });

  it.each([
    ["no such ref", () => "no-such-ref", 64, /KVP_E_BASELINE_UNKNOWN: no-such-ref is no folder/],
    ["a folder of something else", () => world, 64, /KVP_E_BASELINE_UNKNOWN: .* neither a checkout nor/],
    [
      "one that does not build",
      () => aBuild("broken", { mops: 1, setup: 'console.error("syntax error in x.ts"); process.exit(1)' }),
      69,
      /KVP_E_BASELINE_BUILD: building .* failed: syntax error in x\.ts/,
    ],
    [
      "one that answers wrongly",
      () => aBuild("wrong", { mops: 3, wrong: 2 }),
      1,
      /KVP_E_BENCHMARK_FAILED: .*2 wrong answers of 10 questions/,
    ],
    ["one that does no work", () => aBuild("idle", { mops: 0 }), 1, /KVP_E_BENCHMARK_FAILED: .*no work was done/],
  ])("refuses as baseline %s", async (_, baseline, code, message) => {
    const { exitCode, stderr, stdout } = await compare(
      "--baseline",
      baseline(),
      "--candidate",
      aBuild("fine", { mops: 3 }),
    );
    expect([exitCode, stdout]).toEqual([code, ""]);
    expect(stderr).toMatch(message);
  });

  it("says so when the result cannot be written, after having printed it", async () => {
    const fine = aBuild("fine-too", { mops: 3 });
    const { exitCode, stdout, stderr } = await compare(
      "--baseline",
      fine,
      "--candidate",
      fine,
      "--json",
      join(fine, "package.json", "x.json"),
    );
    expect(exitCode).toBe(64);
    expect(stdout).toMatch(/^pass: /);
    expect(stderr).toMatch(/KVP_E_OUT_UNWRITABLE/);
  });
});
