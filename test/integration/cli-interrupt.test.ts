/**
 * Ctrl-C, a second Ctrl-C, kill -9 on the runner, a crash of ours: what exists is written, and nothing stays running. One run at a
 * time: verdicts beside this file depend on answers in time.
 */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CampaignSummary } from "../../src/judge/run-summary.js";
import { buildMutant } from "../mutants/build-mutant.js";
import { cliEntry } from "../../src/base/package-root.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;
const LONG = "60s";

/** A gateway that has to be killed: it stays when it is told to stop. */
const STUBBORN = `
setInterval(() => {}, 1000);
process.argv = [process.argv[0], ${JSON.stringify(cliEntry())}, "gateway", ...process.argv.slice(2)];
await import(process.argv[1]);
`;

const DEFECT = { title: "", seenIn: "", scenario: "", foundBy: [] };

function aLongRun(world: CliWorld): string[] {
  world.write("s.yaml", aScenario({ steady: LONG }));
  world.write("other.yaml", aScenario({ id: "cli/other", steady: LONG }));
  return ["run", "s.yaml", "other.yaml"];
}

describe("an interrupted run", () => {
  it.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends 130 in order after %s, and writes what exists",
    { timeout: RUN_LIMIT_MS },
    async (signal, context) => {
      const world = new CliWorld(context);
      const running = world.start([...aLongRun(world), "--json"], { terminal: true });
      await world.underLoad();
      running.signal(signal);
      const finished = await running.ended;
      expectNothingRuns(world);
      expect(finished, finished.stderr).toMatchObject({ code: 130, signal: null });
      expect(finished.stderr).toContain("interrupted: ending the run in order; press Ctrl-C again to end at once");
      expect(finished.stderr).not.toContain("KVP_E_");
      const campaign = JSON.parse(finished.stdout) as CampaignSummary;
      expect(campaign).toMatchObject({ verdict: "interrupted", exitCode: 130 });
      expect(campaign.headline).toContain("1 of 2 scenarios were not run");
      expect(world.summary()).toMatchObject({ verdict: "interrupted", exitCode: 130 });
      for (const name of ["history.ndjson.gz", "properties.json", "report.html", "junit.xml", "summary.md"])
        expect(existsSync(`${world.latest()}/${name}`), name).toBe(true);
      expect(existsSync(world.latest("cli/other"))).toBe(false);
      const again = await world.run(["judge", "runs/cli/short/latest"]);
      expect(again, again.stdout).toMatchObject({ code: 2, stderr: "" });
      expect(again.stdout).toContain("the history does not reach the end of the run");
    },
  );

  it(
    "ends in order too when it was only starting",
    async (context) => {
      const world = new CliWorld(context);
      const script = world.write("gateway.mjs", "setInterval(() => {}, 1000);");
      const running = world.start([...aLongRun(world), "--gateway-command", `${process.execPath} ${script}`]);
      const isUp = (): boolean => world.processes().some(({ command }) => command.includes("gateway.mjs --host"));
      await world.until(isUp, "the gateway's process");
      running.signal("SIGINT");
      const finished = await running.ended;
      expect(finished, finished.stderr).toMatchObject({ code: 130, signal: null });
      expect(finished.stderr).not.toContain("KVP_E_");
      expect(world.summary()).toMatchObject({ verdict: "interrupted", exitCode: 130 });
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );

  it(
    "ends at once when it is interrupted again while something will not stop",
    async (context) => {
      const world = new CliWorld(context);
      const script = world.write("gateway.mjs", STUBBORN);
      const running = world.start([...aLongRun(world), "--gateway-command", `${process.execPath} ${script}`]);
      await world.underLoad();
      running.signal("SIGINT");
      await running.says("press Ctrl-C again to end at once");
      running.signal("SIGINT");
      const finished = await running.ended;
      expect(finished).toMatchObject({ code: 130, signal: null });
      expectPlain(finished);
      // A verdict would have been the orderly end.
      expect(existsSync(`${world.latest()}/run.json`)).toBe(false);
      await world.untilNothingRuns();
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );
});

describe("a runner that is gone without a word", () => {
  it(
    "kill -9: engines and gateway notice and end by themselves",
    async (context) => {
      const world = new CliWorld(context);
      const running = world.start(aLongRun(world));
      await world.underLoad();
      expect(world.processes()).toHaveLength(4);
      running.signal("SIGKILL");
      expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
      await world.untilNothingRuns();
    },
    RUN_LIMIT_MS,
  );
});

describe("a defect of kvproof", () => {
  it(
    "that nobody catches ends 70, not 1 (which would say: violated), and takes everything with it",
    async (context) => {
      const world = new CliWorld(context);
      const file = "src/campaign/run/ticker.ts";
      const find = "    if (++this.#looks % LOOKS_PER_SECOND === 0) this.#second();\n";
      const patches = [
        { file, find, replace: `${find}    if (this.#looks > 12) throw new TypeError("a broken ticker");\n` },
      ];
      const entry = await buildMutant({ ...DEFECT, id: "cli-broken-ticker", patches }, "kvproof");
      const finished = await world.run(aLongRun(world), { entry });
      expect(finished).toMatchObject({ code: 70, signal: null, stdout: "" });
      expect(errorLine(finished)).toBe("KVP_E_INTERNAL: a broken ticker. Report it with the stack.");
      expect(finished.stderr).toMatch(/^TypeError: a broken ticker\n {4}at /m);
      await world.untilNothingRuns();
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );
});

describe("after a failure", () => {
  it(
    "of the runner what cannot end by itself is ended by the next start, which says so",
    async (context) => {
      const world = new CliWorld(context);
      const running = world.start(aLongRun(world));
      await world.underLoad();
      const left = world.processes().filter(({ pid }) => pid !== running.pid);
      for (const { pid } of left) process.kill(pid, "SIGSTOP");
      running.signal("SIGKILL");
      await running.ended;
      expect(world.processes().map(({ pid }) => pid)).toEqual(left.map(({ pid }) => pid));

      world.write("short.yaml", aScenario({ id: "cli/next" }));
      const next = await world.run(["run", "short.yaml", "--quiet"]);
      expect(next, next.stdout).toMatchObject({ code: 0 });
      const told = next.stderr.trim().split("\n");
      expect(told).toHaveLength(3);
      for (const { pid } of left)
        expect(told).toContainEqual(
          expect.stringMatching(
            new RegExp(`^thawed and ended \\S+ \\(pid ${pid}\\), left behind by a run that crashed$`),
          ),
        );
      expectNothingRuns(world);
    },
    RUN_LIMIT_MS,
  );

  it(
    "of the judge (70) everything is on record, so that a mended judge can say more",
    async (context) => {
      const world = new CliWorld(context);
      const file = "src/judge/judge.ts";
      const find = "  const sweeping = new Sweeping(options);\n";
      const patches = [
        { file, find, replace: `${find}  if (history !== "") throw new TypeError("a broken judge");\n` },
      ];
      const entry = await buildMutant({ ...DEFECT, id: "cli-broken-judge", patches }, "kvproof");
      world.write("s.yaml", aScenario());
      const finished = await world.run(["run", "s.yaml"], { entry });
      expect(finished).toMatchObject({ code: 70, signal: null });
      expect(errorLine(finished)).toContain("KVP_E_INTERNAL: a broken judge. Report it with the stack.");
      expect(finished.stderr).toMatch(/^TypeError: a broken judge\n {4}at /m);
      expectNothingRuns(world);
      expect(world.summary()).toMatchObject({ verdict: "error", exitCode: 70, headline: "a broken judge" });
      const broken = await world.run(["judge", "runs/cli/short/latest"], { entry });
      expect(broken).toMatchObject({ code: 70, stdout: "" });
      expect((await world.run(["judge", "runs/cli/short/latest"])).code).toBe(0);
    },
    RUN_LIMIT_MS,
  );
});
