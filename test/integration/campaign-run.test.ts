/** `kvproof run` on the local lab: what a history holds, and scenarios side by side. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SMALL, Workspace } from "./campaign-cli.js";

const RUN_MS = 40_000;

describe("a run", () => {
  it("exercises a prompt's life: stored, asked, evicted, asked again under other names", {
    timeout: RUN_MS,
  }, async () => {
    const workspace = new Workspace();
    await workspace.run("run", workspace.write("small.yaml", SMALL.replace("1500ms", "3s")), "--quiet", "--seed", "5");
    const records = await workspace.history("small");
    const probes = new Set(records.flatMap((record) => (record.k === "query" ? [record.probe] : [])));
    expect([...probes].sort()).toEqual(["converge", "cross", "invalidation", "sample", "suffix", "visibility"]);
    const phases = records.flatMap((record) => (record.k === "phase" ? [record.name] : []));
    expect(phases).toEqual(["warmup", "steady", "converge", "drain", "end"]);
    const kinds = new Set(records.map((record) => record.k));
    const all = [
      "run",
      "engine",
      "member",
      "ledger",
      "prompt",
      "query",
      "route",
      "stream",
      "dump",
      "counters",
      "resource",
      "generator",
    ];
    expect(all.filter((kind) => !kinds.has(kind as never))).toEqual([]);
    expect(workspace.summary("small").seed).toBe(5);
    const series = readFileSync(join(workspace.runDir("small"), "metrics.ndjson"), "utf8")
      .trim()
      .split("\n");
    const seconds = series.map((line) => JSON.parse(line) as { phase: string; requests: number });
    expect(seconds.some(({ phase, requests }) => phase === "steady" && requests > 0)).toBe(true);
  });
});

describe("the final comparison", () => {
  it("also judges what was cached last, just before the load ended, and not only what is older than the staleness bound", {
    timeout: RUN_MS,
  }, async () => {
    const workspace = new Workspace();
    const late = SMALL.replace("staleness: 400ms", "staleness: 2s").replace("steady: 1500ms", "steady: 500ms");
    const file = workspace.write(
      "late.yaml",
      `${late}probes: { isolation_per_s: 0 }\nexpect: { opportunities: { S2: 5 } }\n`,
    );
    const { exitCode, stdout } = await workspace.run("run", file, "--quiet");
    expect(exitCode, stdout).toBe(0);
  });
});

describe("a campaign", () => {
  it("runs scenarios side by side and gives one verdict over all", { timeout: RUN_MS }, async () => {
    const workspace = new Workspace();
    workspace.write("a.yaml", SMALL);
    workspace.write("b.yaml", SMALL.replace("id: small", "id: other"));
    const { exitCode, stdout } = await workspace.run(
      "run",
      "a.yaml",
      "b.yaml",
      "--json",
      "--concurrency",
      "2",
      "--out",
      "results",
    );
    const campaign = JSON.parse(stdout) as { runs: { scenario: string; dir: string }[] };
    expect(campaign).toMatchObject({ schemaVersion: 1, verdict: "pass", exitCode: 0 });
    expect(exitCode).toBe(0);
    expect(campaign.runs.map(({ scenario }) => scenario)).toEqual(["small", "other"]);
    const dir = join(workspace.dir, "results", "campaigns", "latest");
    expect(JSON.parse(readFileSync(join(dir, "campaign.json"), "utf8"))).toEqual(campaign);
    expect(campaign.runs.every((run) => existsSync(join(dir, run.dir, "report.html")))).toBe(true);
  });
});
