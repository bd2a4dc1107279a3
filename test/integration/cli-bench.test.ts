/** `kvproof bench compare` as a user runs it, on builds whose benchmark is a few lines that say what it would. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliEntry } from "../../src/base/package-root.js";
import { storeResult } from "../../src/bench/stored-results.js";
import { machineFingerprint } from "../../src/campaign/machine.js";

const LIMIT_MS = 120_000;
let world: string;
beforeAll(() => void (world = mkdtempSync(join(tmpdir(), "kvproof-cli-bench-"))));
afterAll(() => rmSync(world, { recursive: true, force: true }));

interface Figures {
  readonly mops: number;
  readonly wrong?: number;
  readonly setup?: string;
  /** Statements that run before the report is written. */
  readonly before?: string;
}

/** A folder that looks like a build: its benchmark writes the report that bench:core would. */
function aBuild(name: string, { mops, wrong = 0, setup, before = "" }: Figures): string {
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
    `const report = ${JSON.stringify({ workloads: [workload] })};
    ${before}
    require("node:fs").writeFileSync(process.argv.at(-1), JSON.stringify(report));`,
  );
  if (setup !== undefined) {
    mkdirSync(join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "scripts", "setup.mjs"), setup);
  }
  return folder;
}

const compare = (...args: string[]) => bench("compare", ...args);

function bench(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cliEntry(), "bench", ...args],
      { timeout: LIMIT_MS, cwd: world },
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
      schemaVersion: 2,
      verdict: "pass",
      machine: { cores: expect.any(Number) as number },
    });
  });

  it("compares builds on a machine too slow today for the benchmark's own threshold", async () => {
    const slow = { mops: 0.5, before: "process.exitCode = 3;" };
    const args = ["--baseline", aBuild("slow-old", slow), "--candidate", aBuild("slow-new", slow)];
    const { exitCode, stderr } = await compare(...args);
    expect(exitCode, stderr).toBe(0);
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

  it("ends 2 on a machine that finds differences between equal builds, and names the figures", async () => {
    const noisy = aBuild("noisy", {
      mops: 3,
      before: "for (const form of Object.values(report.workloads[0].ingest_mops)) form.median *= 0.5 + Math.random();",
    });
    const { exitCode, stdout, stderr } = await compare("--baseline", noisy, "--candidate", noisy, "--max-pairs", "10");
    expect(exitCode, stderr).toBe(2);
    expect(stdout).toMatch(/^inconclusive: /);
    expect(stdout).toMatch(
      /control, baseline against itself: NOISY \(at try 3\)\n(.*\n)*.*ingest map.*too noisy to decide/,
    );
  });

  const full = existsSync("/dev/full");
  it.skipIf(!full)("ends 69 when the disk is full (needs Linux), and keeps verdict and measurements", async () => {
    const fine = aBuild("fine-three", { mops: 3 });
    const args = ["--baseline", fine, "--candidate", fine, "--json", "/dev/full", "--results", join(world, "kept")];
    const { exitCode, stdout, stderr } = await compare(...args);
    expect(exitCode).toBe(69);
    expect(stdout).toMatch(/^pass: /);
    expect(stderr).toMatch(/KVP_E_RESULT_UNWRITABLE: \/dev\/full: ENOSPC/);
    expect(samplesIn("kept")).toHaveLength(40);
  });

  it("keeps what was measured until a build failed, and says where", async () => {
    const once = aBuild("fails-later", {
      mops: 3,
      before: `const { existsSync, writeFileSync } = require("node:fs");
      const mark = __dirname + "/ran" + process.argv.at(-3);
      if (process.argv.includes("3") && existsSync(mark)) process.exit(9);
      writeFileSync(mark, "");`,
    });
    const args = ["--baseline", once, "--candidate", once, "--results", join(world, "partial")];
    const { exitCode, stderr } = await compare(...args);
    expect([exitCode, samplesIn("partial").length]).toEqual([1, 5]);
    expect(stderr).toMatch(/5 measurements so far: .*samples\.ndjson/);
    expect(stderr).toMatch(/KVP_E_BENCHMARK_FAILED/);
  });

  it("compares whole runs of a scenario: figures of the run, not of the core", async () => {
    const build = (name: string, cpu: number) => {
      const folder = aBuild(name, { mops: 3 });
      const report = { verdict: "pass", headline: "", distributions: [], figures: { cpu_s_per_million_events: cpu } };
      const program = `const fs = require("node:fs");
      const out = process.argv.at(-1) + "/small/run-1";
      fs.mkdirSync(out, { recursive: true });
      fs.writeFileSync(out + "/properties.json", ${JSON.stringify(JSON.stringify(report))});
      process.exitCode = 3;`;
      writeFileSync(join(folder, "dist", "kvproof.js"), program);
      return folder;
    };
    const scenario = join(world, "small.yaml");
    writeFileSync(scenario, "id: small\n");
    const args = ["--baseline", build("light", 2), "--candidate", build("heavy", 2.5), "--scenario", scenario];
    const { exitCode, stdout, stderr } = await compare(...args);
    expect(exitCode, stderr).toBe(3);
    expect(stdout).toMatch(/cpu_s_per_million_events .*\+25\.0 %.*FAIL/);
    expect((await compare("--baseline", world, "--scenario", "no-such.yaml")).exitCode).toBe(64);
  });

  it("shows how figures went on this machine, warns of a worse one, and never fails for it", async () => {
    const results = ["--results", join(world, "trend")];
    const unit = "M block operations per CPU s";
    for (const day of [1, 2, 3]) {
      const figures = [{ name: "ingest map", unit, better: "higher" as const, value: 3, work: 1 }];
      const known = { benchmark: "compare", startedAt: `2026-01-0${day}T00:00:00Z`, commit: `c${day}`, figures };
      storeResult(join(world, "trend"), { ...known, machine: { ...machineFingerprint() } });
    }
    const build = aBuild("became-slow", { mops: 2.4 });
    const compared = await compare("--baseline", build, "--candidate", build, ...results);
    expect(compared.exitCode, compared.stderr).toBe(0);
    expect(compared.stderr).toMatch(/warning: ingest map is 25 % worse than this machine's usual 3\.00/);
    const page = join(world, "trend.html");
    const { exitCode, stdout } = await bench("trend", ...results, "--figure", "ingest", "--html", page);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ingest map .*███▁ .*2\.40 M block operations per CPU s .*\+25\.0 % worse/);
    expect(stdout).not.toMatch(/bytes per block/);
    expect(readFileSync(page, "utf8")).toContain("<svg viewBox");
    const nothing = await bench("trend", "--results", join(world, "no-such"));
    expect([nothing.exitCode, nothing.stdout]).toEqual([64, ""]);
    expect(nothing.stderr).toMatch(/KVP_E_FILE_NOT_FOUND: no figures of this machine/);
  });
});

/** Lines of the one record of measurements below a results folder. */
function samplesIn(results: string): string[] {
  const files = readdirSync(join(world, results), { recursive: true, encoding: "utf8" });
  const records = files.filter((name) => name.endsWith(".samples.ndjson"));
  expect(records).toHaveLength(1);
  return readFileSync(join(world, results, records[0] as string), "utf8")
    .trimEnd()
    .split("\n");
}
