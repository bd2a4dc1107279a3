/** When the machine, an engine or the gateway is not as needed: exit 69, one line that says why, and nothing left running. */
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { CampaignSummary } from "../../src/judge/run-summary.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain, type Finished } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;
const LONG = "60s";

/** A port of 127.0.0.1 that somebody else has, until the test ends. */
async function takenPort(context: { onTestFinished(end: () => void): void }): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  context.onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

describe.concurrent("an address in use", () => {
  it.for([
    ["an engine's HTTP port", (port: number) => ["engine", "--model", "m", "--port", String(port)]],
    ["an engine's lab port", (port: number) => ["engine", "--model", "m", "--lab-port", String(port)]],
    ["an engine's events port", (port: number) => ["engine", "--model", "m", "--kv-events-config", bound(port)]],
    ["a gateway's port", (port: number) => ["gateway", "--port", String(port)]],
  ] as const)("is named: %s", async ([, args], context) => {
    const world = new CliWorld(context);
    const port = await takenPort(context);
    const finished = await world.run(args(port));
    expect(finished).toMatchObject({ code: 69, signal: null, stdout: "" });
    const line = errorLine(finished);
    expect(line).toMatch(
      new RegExp(`^KVP_E_ADDRESS_IN_USE: \\S*127\\.0\\.0\\.1:${port} is in use by another process\\. Stop`),
    );
    expect(finished.stderr).toBe(`${line}\n`);
    expectNothingRuns(world);
  });

  function bound(port: number): string {
    return JSON.stringify({ enable_kv_cache_events: true, endpoint: `tcp://127.0.0.1:${port}`, bind: true });
  }
});

/** A run with `gateway` instead of ours; `steady` so long that it surely ends by the gateway's fault. */
async function runWith(world: CliWorld, gateway: string, ...flags: string[]): Promise<Finished> {
  world.write("s.yaml", aScenario({ steady: LONG }));
  const finished = await world.run(["run", "s.yaml", "--gateway-command", gateway, ...flags]);
  expectPlain(finished);
  expectNothingRuns(world);
  return finished;
}

describe.concurrent("a gateway that does not start", () => {
  it("for it ends at once: its exit code and last words are in the line", async (context) => {
    const world = new CliWorld(context);
    const script = world.write("gateway.mjs", 'console.error("no licence"); process.exit(7);');
    const finished = await runWith(world, `${process.execPath} ${script}`);
    expect(finished.code).toBe(69);
    const line = errorLine(finished);
    expect(line).toMatch(/^KVP_E_SUT_UNAVAILABLE: gateway ended \(exit code 7\) before it was ready; .*no licence/);
    const log = /log: (\S+\.log)/.exec(line)?.[1] ?? "";
    expect(readFileSync(world.path(log), "utf8")).toContain("no licence");
  });

  it("for there is no such program", async (context) => {
    const world = new CliWorld(context);
    const finished = await runWith(world, "./no-such-gateway");
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(
      /KVP_E_SUT_UNAVAILABLE: gateway could not be started \(\.\/no-such-gateway\).*ENOENT/,
    );
  });

  it("for it says itself what is wrong: its own code and words are passed on", async (context) => {
    const world = new CliWorld(context);
    const words = "KVP_E_ADDRESS_IN_USE: 127.0.0.1:99 is in use by another process. Stop that process.";
    const script = world.write("gateway.mjs", `console.error("${words}"); process.exit(69);`);
    const finished = await runWith(world, `${process.execPath} ${script}`);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toContain("KVP_E_ADDRESS_IN_USE: gateway did not start: 127.0.0.1:99 is in use");
  });

  it("for what it prints is no ready line", async (context) => {
    const world = new CliWorld(context);
    const script = world.write("gateway.mjs", `console.log('{"event":"ready"}'); setInterval(() => {}, 1000);`);
    const finished = await runWith(world, `${process.execPath} ${script}`);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/KVP_E_SUT_UNAVAILABLE: the gateway printed a ready line that is wrong: .*url/);
  });

  it(
    "for it never says that it is ready: what was awaited, and for how long",
    async (context) => {
      const world = new CliWorld(context);
      const script = world.write("gateway.mjs", 'console.log("loading"); setInterval(() => {}, 1000);');
      const finished = await runWith(world, `${process.execPath} ${script}`, "--json");
      expect(finished.code).toBe(69);
      expect(errorLine(finished)).toMatch(
        /KVP_E_SUT_UNAVAILABLE: waited 15000 ms for gateway to print its ready line; last log lines: loading; log: /,
      );
      const campaign = JSON.parse(finished.stdout) as CampaignSummary;
      expect(campaign).toMatchObject({ verdict: "error", exitCode: 69 });
      expect(campaign.runs[0]?.error?.code).toBe("KVP_E_SUT_UNAVAILABLE");
    },
    RUN_LIMIT_MS,
  );

  it("costs only its own run, of several in one folder at the same moment", async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const args = ["run", "s.yaml", "--quiet", "--gateway-command", "./no-such-gateway"];
    const all = await Promise.all(Array.from({ length: 3 }, () => world.run(args)));
    expect(all.map(({ code }) => code)).toEqual([69, 69, 69]);
    for (const folder of ["runs/campaigns", "runs/cli/short"])
      expect(readdirSync(world.path(folder)).filter((name) => name !== "latest")).toHaveLength(3);
    expectNothingRuns(world);
  });

  it("stops the campaign, which says what was not run; a report is written all the same", async (context) => {
    const world = new CliWorld(context);
    world.write("other.yaml", aScenario({ id: "cli/other" }));
    const finished = await runWith(world, "./no-such-gateway", "other.yaml");
    expect(finished.code).toBe(69);
    expect(finished.stdout).toMatch(/^Verdict: ! ERROR cli\/short: .*; 1 of 2 scenarios were not run$/m);
    expect(existsSync(world.path("runs/campaigns/latest/report.html"))).toBe(true);
    expect(existsSync(world.latest("cli/other"))).toBe(false);
    const again = await world.run(["judge", "runs/cli/short/latest"]);
    expect(again.code).toBe(64);
    expect(errorLine(again)).toContain("has no history.ndjson.gz");
  });
});

describe("a gateway that dies in the middle of a run", () => {
  it(
    "ends it at once, 69, with what was seen until then",
    async (context) => {
      const world = new CliWorld(context);
      world.write("s.yaml", aScenario({ steady: LONG }));
      const running = world.start(["run", "s.yaml"]);
      await world.underLoad();
      process.kill(world.process("kvproof.js gateway").pid, "SIGKILL");
      const finished = await running.ended;
      expect(finished.code).toBe(69);
      expect(errorLine(finished)).toMatch(
        /KVP_E_SUT_UNAVAILABLE: the gateway ended \(signal SIGKILL\) in the middle of the run; .*log: \S+gateway\.log\. Read/,
      );
      expectPlain(finished);
      expectNothingRuns(world);
      const summary = world.summary();
      expect(summary).toMatchObject({ verdict: "error", exitCode: 69 });
      expect(summary.headline).toContain("; until then: ");
      expect(readFileSync(`${world.latest()}/report.html`, "utf8")).toContain("KVP_E_SUT_UNAVAILABLE");
      const again = await world.run(["judge", "runs/cli/short/latest"]);
      expect(again.stderr).toBe("");
      expect([1, 2]).toContain(again.code);
      expect(world.summary()).toEqual(summary);
    },
    RUN_LIMIT_MS,
  );
});

describe("an engine that dies in the middle of a run", () => {
  it(
    "does not end the run: it is inconclusive, 2, and the verdict names the engine",
    async (context) => {
      const world = new CliWorld(context);
      world.write("s.yaml", aScenario({ steady: "3s" }));
      const running = world.start(["run", "s.yaml"]);
      await world.underLoad();
      process.kill(world.process("--name llama/2").pid, "SIGKILL");
      const finished = await running.ended;
      expect(finished, finished.stdout).toMatchObject({ code: 2, signal: null });
      expect(finished.stdout).toMatch(
        /^\? unknown cli\/short: unknown: V1: engine llama\/2 ended unexpectedly at [\d.]+ ms/m,
      );
      expect(finished.stderr).toContain("engine llama/2 ended unexpectedly (signal SIGKILL");
      expectPlain(finished);
      expectNothingRuns(world);
      expect(world.summary().headline).toContain("llama/2");
      expect(readFileSync(`${world.latest()}/summary.md`, "utf8")).toContain("llama/2");
      const again = await world.run(["judge", "runs/cli/short/latest"]);
      expect(again.code).toBe(2);
    },
    RUN_LIMIT_MS,
  );
});

describe.concurrent("real engines without a Python that has vLLM", () => {
  it.for([
    ["none was named", {}, "KVPROOF_VLLM_PYTHON is not set"],
    [
      "it is no program",
      { KVPROOF_VLLM_PYTHON: "/no/python" },
      "KVPROOF_VLLM_PYTHON=/no/python is no program that can be started",
    ],
  ] as const)("end before anything starts, with what to do: %s", async ([, env, problem], context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario({ steady: LONG }));
    const finished = await world.run(["run", "s.yaml", "--engine", "vllm"], { env });
    expect(finished.code).toBe(69);
    const line = errorLine(finished);
    expect(line).toContain(`KVP_E_VLLM_UNAVAILABLE: ${problem}`);
    expect(line).toContain("Set KVPROOF_VLLM_PYTHON to one in whose environment vLLM is installed");
    expectPlain(finished);
    expectNothingRuns(world);
  });
});
