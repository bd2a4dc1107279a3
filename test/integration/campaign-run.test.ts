/** `kvproof run` on the local lab: what a history holds, and runs in which something or somebody interferes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { registeredBy, SMALL, Workspace } from "./campaign-cli.js";
import { isAlive } from "./lab-world.js";

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

describe("what dies in a run", () => {
  it("a gateway that dies under way: what was recorded is kept and judged", { timeout: RUN_MS }, async () => {
    const workspace = new Workspace();
    const { child, outcome } = workspace.start(
      "run",
      workspace.write("small.yaml", SMALL.replace("1500ms", "20s")),
      "--quiet",
    );
    await waitFor(() => existsSync(workspace.runDir("small")), { describe: "the run to begin", timeoutMs: 10_000 });
    await workspace.untilRecorded("small", '"name":"steady"');
    const processes = registeredBy(child.pid as number);
    process.kill(processes.find(({ name }) => name === "gateway")?.pid as number, "SIGKILL");
    const { exitCode, stderr } = await outcome;
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/^KVP_E_SUT_UNAVAILABLE: the gateway ended \(signal SIGKILL\) in the middle of the run/);
    expect(existsSync(join(workspace.runDir("small"), "properties.json"))).toBe(true);
    expect(processes.map(({ pid }) => pid).some(isAlive)).toBe(false);
  });

  it("an engine killed by hand: the run ends, and its verdict names the engine", { timeout: RUN_MS }, async () => {
    const workspace = new Workspace();
    const { child, outcome } = workspace.start(
      "run",
      workspace.write("small.yaml", SMALL.replace("1500ms", "3s")),
      "--quiet",
    );
    await waitFor(() => existsSync(workspace.runDir("small")), { describe: "the run to begin", timeoutMs: 10_000 });
    await workspace.untilRecorded("small", '"name":"steady"');
    process.kill(registeredBy(child.pid as number).find(({ name }) => name === "llama/2")?.pid as number, "SIGKILL");
    const { exitCode, stdout, stderr } = await outcome;
    expect(stdout).toContain("llama/2 ended unexpectedly");
    expect(stderr).toContain("engine llama/2 ended unexpectedly (signal SIGKILL");
    expect(exitCode).toBe(2);
    expect(workspace.summary("small").verdict).toBe("unknown");
  });
});

describe("Ctrl-C", () => {
  it("ends in order: what exists is written, nothing stays running", { timeout: RUN_MS }, async () => {
    const workspace = new Workspace();
    const { child, outcome } = workspace.start(
      "run",
      workspace.write("small.yaml", SMALL.replace("1500ms", "30s")),
      "--quiet",
    );
    await waitFor(() => existsSync(workspace.runDir("small")), { describe: "the run to begin", timeoutMs: 10_000 });
    await workspace.untilRecorded("small", '"name":"steady"');
    const processes = registeredBy(child.pid as number);
    expect(processes).toHaveLength(3);
    child.kill("SIGINT");
    expect((await outcome).exitCode).toBe(130);
    expect(workspace.summary("small")).toMatchObject({ verdict: "interrupted", exitCode: 130 });
    expect((await workspace.history("small")).some((record) => record.k === "ledger")).toBe(true);
    expect(processes.map(({ pid }) => pid).some(isAlive)).toBe(false);
    expect(registeredBy(child.pid as number)).toEqual([]);
  });

  it("a second one kills at once", { timeout: RUN_MS }, async () => {
    const workspace = new Workspace();
    const { child, outcome } = workspace.start(
      "run",
      workspace.write("small.yaml", SMALL.replace("1500ms", "30s")),
      "--quiet",
    );
    await waitFor(() => registeredBy(child.pid as number).length === 3, {
      describe: "the fleet to be up",
      timeoutMs: 15_000,
    });
    const processes = registeredBy(child.pid as number);
    for (const { pid, name } of processes) if (name === "llama/1") process.kill(pid, "SIGSTOP");
    child.kill("SIGINT");
    await waitFor(() => child.exitCode === null, { describe: "the orderly end to begin", timeoutMs: 1000 });
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect((await outcome).exitCode).toBe(130);
    await waitFor(() => !processes.map(({ pid }) => pid).some(isAlive), {
      describe: "every process to be gone",
      timeoutMs: 5000,
    });
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
