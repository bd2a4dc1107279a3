/** Faults as their users meet them: they bite, they end, and whatever happens to the run, nothing stays broken. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cliEntry } from "../../src/base/package-root.js";
import type { FaultRecord, HistoryRecord } from "../../src/judge/history/records.js";
import { readHistoryChunks } from "../../src/judge/history/history-reader.js";
import { isStopped } from "../../src/lab/local/process-table.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain, type RunningCli } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;

function broken(faults: string, phases = ""): string {
  return aScenario({ steady: "500ms", more: `faults:\n  - ${faults}\n${phases}` });
}

const PAUSE_ENGINE = "{ id: pause, kind: process.pause, target: engines/llama/1, for: 50s }";
const PAUSE_GATEWAY = "{ id: pause, kind: process.pause, target: gateway, for: 50s }";

/** Starts a run and waits until one of its processes is stopped; resolves with its pid. */
async function frozenRun(world: CliWorld, fault: string): Promise<{ running: RunningCli; frozen: number }> {
  world.write("s.yaml", broken(fault));
  const running = world.start(["run", "s.yaml"]);
  const stopped = (): number | undefined => world.processes().find(({ pid }) => isStopped(pid))?.pid;
  await world.until(() => stopped() !== undefined, "a process that the fault has stopped");
  return { running, frozen: stopped() as number };
}

async function faultEvents(world: CliWorld): Promise<FaultRecord[]> {
  const records: HistoryRecord[] = [];
  for await (const chunk of readHistoryChunks(`${world.latest()}/history.ndjson.gz`)) records.push(...chunk);
  return records.filter((record) => record.k === "fault");
}

describe("a fault in a run that ends early", () => {
  it.for([PAUSE_ENGINE, PAUSE_GATEWAY])(
    "is taken back first when the user interrupts: %s",
    { timeout: RUN_LIMIT_MS },
    async (fault, context) => {
      const world = new CliWorld(context);
      const { running } = await frozenRun(world, fault);
      running.signal("SIGINT");
      const finished = await running.ended;
      expect(finished, finished.stderr).toMatchObject({ code: 130, signal: null });
      expect((await faultEvents(world)).map(({ event }) => event).slice(-2)).toEqual(["recovering", "recovered"]);
      expectNothingRuns(world);
    },
  );

  it("costs no more than the process when the user interrupts twice", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    // It stays when it is told to stop, so that there is time for a second Ctrl-C.
    const stubborn = `setInterval(() => {}, 1000);\nprocess.argv = [process.argv[0], ${JSON.stringify(cliEntry())}, "gateway", ...process.argv.slice(2)];\nawait import(process.argv[1]);\n`;
    world.write("s.yaml", broken(PAUSE_ENGINE));
    const script = world.write("gateway.mjs", stubborn);
    const running = world.start(["run", "s.yaml", "--gateway-command", `${process.execPath} ${script}`]);
    await world.until(() => world.processes().some(({ pid }) => isStopped(pid)), "the engine to be stopped");
    running.signal("SIGINT");
    await running.says("press Ctrl-C again to end at once");
    running.signal("SIGINT");
    const finished = await running.ended;
    expect(finished).toMatchObject({ code: 130, signal: null });
    expectPlain(finished);
    await world.untilNothingRuns();
    expectNothingRuns(world);
  });

  it("is healed by the next start when the runner was killed, which says so", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    const { running, frozen } = await frozenRun(world, PAUSE_ENGINE);
    running.signal("SIGKILL");
    await running.ended;
    await world.until(() => world.processes().length === 1, "all but the stopped engine to end by themselves");
    expect(world.processes()[0]?.pid).toBe(frozen);
    world.write("next.yaml", aScenario({ id: "cli/next" }));
    const next = await world.run(["run", "next.yaml", "--quiet"]);
    expect(next, next.stdout).toMatchObject({ code: 0 });
    expect(next.stderr).toBe(`thawed and ended llama/1 (pid ${frozen}), left behind by a run that crashed\n`);
    expectNothingRuns(world);
  });
});

describe("a fault that goes wrong", () => {
  it("and has no effect proves nothing: inconclusive, with what was looked for", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    // Nothing is ever removed, so that no removal can be left out.
    const scenario = broken("{ id: unsaid, kind: engine.quirk, target: engines/llama/1, quirk: missing-remove }");
    world.write("s.yaml", scenario.replace("probes: {", "probes: { invalidation_per_s: 0, isolation_per_s: 0,"));
    const finished = await world.run(["run", "s.yaml"]);
    expect(finished, finished.stderr).toMatchObject({ code: 2 });
    expect(finished.stdout).toContain("fault unsaid (engine.quirk) had no effect that its probe saw");
  });

  it("and cannot be taken back fails the run, which says what to clean up", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", broken("{ id: kill, kind: process.kill, target: gateway }"));
    const once = `import { existsSync, writeFileSync } from "node:fs";\nif (existsSync("began")) process.exit(3);\nwriteFileSync("began", "");\nprocess.argv = [process.argv[0], ${JSON.stringify(cliEntry())}, "gateway", ...process.argv.slice(2)];\nawait import(process.argv[1]);\n`;
    writeFileSync(world.path("gateway.mjs"), once);
    const finished = await world.run(["run", "s.yaml", "--gateway-command", `${process.execPath} gateway.mjs`]);
    expect(finished, finished.stderr).toMatchObject({ code: 1 });
    expect(finished.stdout).toContain(
      "fault kill (process.kill on gateway) was not recovered: clean up by hand: gateway ended (exit code 3)",
    );
    expectNothingRuns(world);
  });

  it("because it cannot be here is refused before anything starts, with the place and the reason", async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", broken("{ id: a, kind: process.kill, target: gateway, restart: replace }"));
    const finished = await world.run(["run", "s.yaml"]);
    expect(finished).toMatchObject({ code: 64, stdout: "" });
    expect(errorLine(finished)).toMatch(
      /^KVP_E_SCENARIO_IMPOSSIBLE: s\.yaml:\d+:\d+ process\.kill cannot work so: the gateway is one; it cannot be replaced by another\./,
    );
  });
});
