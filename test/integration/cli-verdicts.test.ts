/** Verdicts as a user gets them: exit codes 0 to 3, what is printed, what is written, and that all of it can be had again. */
import {
  accessSync,
  constants,
  cpSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CampaignSummary, RUN_FILES } from "../../src/judge/run-summary.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { buildMutant } from "../mutants/build-mutant.js";
import { defect as departedEngineStillAnswers } from "../mutants/defects/glue/departed-engine-still-answers.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain, type Finished } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;

describe("a run that passes", () => {
  let world: CliWorld;
  let finished: Finished;
  let runDir: string;
  beforeAll(async () => {
    world = new CliWorld();
    world.write("s.yaml", aScenario());
    // CI is where colours would sneak in.
    finished = await world.run(["run", "s.yaml"], { env: { CI: "true" } });
    runDir = `runs/cli/short/${readlinkSync(world.latest())}`;
  }, RUN_LIMIT_MS);
  afterAll(() => world.close());

  function read(name: string, dir = runDir): string {
    return readFileSync(world.path(dir, name), "utf8");
  }

  it("exits 0, says so in plain words, and leaves nothing running", () => {
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0, signal: null });
    expect(finished.stdout).toMatch(/^✓ pass cli\/short: pass: \d+ properties held on \d+ opportunities$/m);
    expect(finished.stderr).toMatch(/^\[1\/1\] {2}cli\/short {2}/);
    expect(finished.stderr).not.toContain("KVP_E_");
    expectPlain(finished);
    expectNothingRuns(world);
  });

  it("prints where the report is, and it is there", () => {
    const printed = /^Report: {2}(\S+)$/m.exec(finished.stdout)?.[1];
    expect(printed).toBe(`${runDir}/report.html`);
    expect(read("report.html")).toContain("</html>");
  });

  it("leaves a whole run directory", () => {
    const ofACampaign: readonly string[] = [RUN_FILES.campaign];
    const expected = Object.values(RUN_FILES).filter((name) => !ofACampaign.includes(name));
    expect(readdirSync(world.path(runDir)).sort()).toEqual(expected.sort());
    expect(readdirSync(world.path(runDir, "logs")).sort()).toEqual(["gateway.log", "llama-1.log", "llama-2.log"]);
    expect(world.summary()).toMatchObject({
      schemaVersion: 1,
      scenario: "cli/short",
      seed: 3,
      sample: 1,
      verdict: "pass",
      exitCode: 0,
    });
    expect(world.json(runDir0(), "properties.json")).toMatchObject({ schemaVersion: 3, verdict: "pass" });
    expect(world.json(runDir0(), "env.json")).toMatchObject({ argv: ["run", "s.yaml"] });
    expect(read("config.resolved.yaml")).toContain("engine: llama/2");
    expect(
      read("metrics.ndjson")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object).length,
    ).toBeGreaterThan(0);
    expect(Buffer.byteLength(read("summary.md"))).toBeLessThan(1024 * 1024);
    expect(XMLValidator.validate(read("junit.xml"))).toBe(true);
  });

  it("gets the same verdict again from its history alone", async () => {
    const again = await world.run(["judge", runDir, "--json", "--no-write"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toEqual(world.json(runDir0(), "properties.json"));
  });

  it("gets the same files again from its data alone", async () => {
    const names = ["report.html", "junit.xml", "summary.md"];
    const before = names.map((name) => read(name));
    for (const name of names) writeFileSync(world.path(runDir, name), "lost");
    const again = await world.run(["report", `${runDir}/`]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toBe(finished.stdout);
    expect(names.map((name) => read(name))).toEqual(before);
  });

  it("judged again with writing, keeps every byte", async () => {
    const names = ["run.json", "properties.json", "report.html", "junit.xml", "summary.md"];
    const before = names.map((name) => read(name));
    const again = await world.run(["judge", runDir]);
    expect(again.code).toBe(0);
    expectPlain(again);
    expect(names.map((name) => read(name))).toEqual(before);
  });

  it.for([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), /line \d+: unexpected end of file/],
    ["garbled in line 7", (bytes: Buffer) => garbled(bytes), /line 7: not JSON/],
  ] as const)("is not judged from a history that is %s", async ([, damage, words]) => {
    const copy = `damaged ${words.source.length}`;
    cpSync(world.path(runDir), world.path(copy), { recursive: true });
    const file = world.path(copy, "history.ndjson.gz");
    writeFileSync(file, damage(readFileSync(file)));
    const refused = await world.run(["judge", copy]);
    expect(refused).toMatchObject({ code: 64, stdout: "" });
    expect(errorLine(refused)).toMatch(words);
    expect(read("properties.json", copy)).toBe(read("properties.json"));
  });

  it(
    "can be repeated by its script, from anywhere",
    async () => {
      accessSync(world.path(runDir, "repro.sh"), constants.X_OK);
      const script = world.startProgram("/bin/sh", ["-c", `cd / && exec "$0" --quiet`, world.path(runDir, "repro.sh")]);
      const again = await script.ended;
      expect(again, again.stdout + again.stderr).toMatchObject({ code: 0, stderr: "" });
      expect(again.stdout).toMatch(/^pass: 1 scenarios, \d+ properties held on \d+ opportunities\n$/);
      expect(readlinkSync(world.latest())).not.toBe(runDir.split("/").at(-1));
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );

  function runDir0(): string {
    return world.path(runDir);
  }
});

function garbled(bytes: Buffer): Buffer {
  const lines = gunzipSync(bytes).toString("utf8").split("\n");
  lines[6] = '{"k": "query", "at"';
  return gzipSync(lines.join("\n"));
}

describe("a campaign of which one scenario proves too little and one is too slow", () => {
  let world: CliWorld;
  let finished: Finished;
  beforeAll(async () => {
    world = new CliWorld();
    const vacuous = "expect: { opportunities: { S1: 1000000 } }";
    const slow = 'expect: { thresholds: { visibility_ms: ["p50 < 0.0001", "count > 0"] } }';
    world.write("vacuous.yaml", aScenario({ id: "cli/vacuous", more: vacuous }));
    world.write("slow.yaml", aScenario({ id: "cli/slow", more: slow }));
    finished = await world.run(["run", "vacuous.yaml", "slow.yaml", "--json", "--out", "out", "--keep"]);
  }, 2 * RUN_LIMIT_MS);
  afterAll(() => world.close());

  const campaign = (): CampaignSummary => JSON.parse(finished.stdout) as CampaignSummary;

  it("prints nothing but JSON on standard output", () => {
    expect(finished.stdout.trim().split("\n")).toHaveLength(1);
    expect(campaign()).toMatchObject({ schemaVersion: 1, verdict: "fail", exitCode: 3 });
    expect(finished.stderr).not.toContain("\u001b");
    expectNothingRuns(world);
  });

  it("the one that was to be exercised more is inconclusive: 2, and says by how much", () => {
    const vacuous = campaign().runs.find((run) => run.scenario === "cli/vacuous");
    expect(vacuous).toMatchObject({ verdict: "unknown", exitCode: 2 });
    expect(vacuous?.headline).toMatch(/S1 was exercised \d+ times, 1000000 required/);
  });

  it("the one that missed its threshold fails: 3, with the measured value", () => {
    const slow = campaign().runs.find((run) => run.scenario === "cli/slow");
    expect(slow).toMatchObject({ verdict: "fail", exitCode: 3 });
    expect(slow?.headline).toMatch(/^fail: visibility_ms p50 < 0\.0001 missed \(\d/);
    expect(finished.code).toBe(3);
  });

  it("each is judged again to its own exit code", async () => {
    const [vacuous, slow] = await Promise.all(
      ["out/cli/vacuous/latest", "out/cli/slow/latest"].map((dir) => world.run(["judge", dir])),
    );
    expect([vacuous?.code, slow?.code]).toEqual([2, 3]);
    expect(slow?.stdout).toMatch(/✗ FAIL +visibility_ms p50 < 0\.0001/);
  });

  it("has a folder of its own, with files for people and for CI", () => {
    const dir = world.path("out/campaigns/latest");
    expect(readdirSync(dir).sort()).toEqual(["campaign.json", "junit.xml", "report.html", "summary.md"]);
    expect(world.json(dir, "campaign.json")).toEqual(campaign());
    const xml = readFileSync(join(dir, "junit.xml"), "utf8");
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml) as {
      testsuites: { testsuite: { "@_name": string; "@_failures": string }[] };
    };
    expect(testsuites.testsuite.map((suite) => [suite["@_name"], Number(suite["@_failures"]) > 0])).toEqual([
      ["cli/vacuous", true],
      ["cli/slow", true],
    ]);
    const markdown = readFileSync(join(dir, "summary.md"), "utf8");
    expect(markdown).toContain("cli/vacuous");
    expect(markdown).toContain("visibility_ms p50 < 0.0001 missed");
  });

  it("has a report that leads to the reports of its runs", () => {
    const dir = world.path("out/campaigns/latest");
    const links = [...readFileSync(join(dir, "report.html"), "utf8").matchAll(/href="([^"#]+report\.html)"/g)];
    const targets = new Set(links.map(([, link]) => realpathSync(join(realpathSync(dir), link as string))));
    const reports = ["vacuous", "slow"].map((id) => realpathSync(world.path("out/cli", id, "latest/report.html")));
    expect(targets).toEqual(new Set(reports));
  });

  it("is rendered again byte for byte", async () => {
    const dir = world.path("out/campaigns/latest");
    const names = ["junit.xml", "report.html", "summary.md"];
    const before = names.map((name) => readFileSync(join(dir, name), "utf8"));
    const again = await world.run(["report", "out/campaigns/latest"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/^Report: {2}out\/campaigns\/latest\/report\.html$/m);
    expectPlain(again);
    expect(names.map((name) => readFileSync(join(dir, name), "utf8"))).toEqual(before);
  });

  it("keeps the raw records when told so", () => {
    const kept = readdirSync(world.path("out/cli/slow/latest"));
    expect(kept).toEqual(expect.arrayContaining(["records.ndjson", "ledger"]));
  });
});

describe("a gateway that lies", () => {
  it(
    "makes the run end 1, naming the property, quietly if so wished",
    async (context) => {
      const world = new CliWorld(context);
      const mutant = await buildMutant({ ...departedEngineStillAnswers, id: "cli-keeps-departed-engines" }, "kvproof");
      world.write("s.yaml", aScenario());
      const gateway = `${process.execPath} ${mutant} gateway`;
      const finished = await world.run(["run", "s.yaml", "--quiet", "--gateway-command", gateway]);
      expect(finished, finished.stdout).toMatchObject({ code: 1, stderr: "" });
      expect(finished.stdout).toMatch(/^fail: cli\/short: fail: .*\b(M3|S1|B1|C1) .* violated \d+×.*\n$/);
      const { properties } = world.json<JudgeReport>(world.latest(), "properties.json");
      const proofs = properties.flatMap((property) => property.violations);
      expect(proofs.some(({ summary }) => summary.includes("llama/"))).toBe(true);
      expect(world.summary().repro).toContain(`--gateway-command '${gateway}'`);
      const again = await world.run(["judge", "runs/cli/short/latest"]);
      expect(again.code).toBe(1);
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );
});
