/**
 * `kvproof simulate` as a user meets it: green on the gateway as it is, red with everything it takes to repeat it on a gateway that
 * is broken on purpose, the same again for the same seed.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SeedResult } from "../../src/simulate/campaign/run-seed.js";
import type { SimSummary } from "../../src/simulate/campaign/tally.js";
import type { SimPlan } from "../../src/simulate/plan/plan.js";
import type { FailureFolder } from "../../src/cli/simulate/failure-folder.js";
import { toolIdentity } from "../../src/campaign/machine.js";
import { buildMutant } from "../mutants/build-mutant.js";
import { defect as removalsIgnored } from "../mutants/defects/index/removals-ignored.js";
import { CliWorld, errorLine, expectNothingRuns, expectPlain, type Finished } from "./cli-world.js";

type Told = SimSummary & { readonly folders: readonly FailureFolder[] };

const RUN_LIMIT_MS = 90_000;
const QUICK = ["--steps", "60", "--engines", "2"];

function told({ stdout }: Finished): Told {
  return JSON.parse(stdout) as Told;
}

describe("a clean simulation", () => {
  it("exits 0 and says how much it has seen", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    const finished = await world.run(["simulate", "--seeds", "6"]);
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0, signal: null });
    expect(finished.stdout).toMatch(/^6 seeds \(1 to 6\) in .* seeds a minute\), [\d,]+ batches, [\d,]+ records$/m);
    expect(finished.stdout).toMatch(/^✓ pass 6 seeds, no violation$/m);
    expectPlain(finished);
    expectNothingRuns(world);
    expect(existsSync(world.path("runs"))).toBe(false);
  });

  it("takes fixed and fresh seeds in one verdict, and says where the fresh ones begin", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    const finished = await world.run(["simulate", "--fixed", "3", "--fresh", "2", ...QUICK, "--json"]);
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0 });
    const { ranges, seeds } = told(finished);
    expect(seeds).toBe(5);
    expect(ranges).toMatchObject([{ first: 1, count: 3 }, { count: 2 }]);
    const first = ranges[1]?.first ?? 0;
    expect(first).toBeGreaterThanOrEqual(1_000_000);
    expect(finished.stderr).toContain(`fresh seeds from ${first}: repeat with --first ${first} --seeds 2`);
  });

  it("proves nothing, and says so with 2, when nothing was exercised", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    const plan: SimPlan = {
      seed: 1,
      name: "nothing",
      blockSize: 4,
      models: ["m"],
      adapters: [],
      maxDelayMs: 1,
      fleet: [],
      happenings: [],
      faults: [],
      cheapHashes: false,
      capBlocks: null,
      endMs: 10,
    };
    world.write("plan.json", JSON.stringify(plan));
    const finished = await world.run(["simulate", "--plan", "plan.json"]);
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 2 });
  });

  it("ends in order after Ctrl-C, and keeps what it has", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    const running = world.start(["simulate", "--seeds", "100000", "--json"]);
    await running.says("/100000]");
    running.signal("SIGINT");
    const finished = await running.ended;
    expect(finished, finished.stderr).toMatchObject({ code: 130, signal: null });
    expect(finished.stderr).toContain("interrupted: ending after the present seeds; press Ctrl-C again to end at once");
    const { seeds, interrupted, headline } = told(finished);
    expect(seeds).toBeGreaterThan(0);
    expect(interrupted).toBe(true);
    expect(headline).toContain(`interrupted after ${seeds} of 100000 seeds`);
    expectNothingRuns(world);
  });
});

describe("the same seeds", () => {
  it("give the same histories byte for byte, in other processes and in threads", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    const digest = async (...more: readonly string[]): Promise<string> => {
      const finished = await world.run(["simulate", "--seeds", "10", "--digest", "--json", ...more]);
      expect(finished.stdout, finished.stderr).not.toBe("");
      const { digest: found, seeds } = told(finished);
      expect(seeds).toBe(10);
      expect(found).toMatch(/^[0-9a-f]{64}$/);
      return found as string;
    };
    const once = await digest();
    expect(await digest()).toBe(once);
    expect(await digest("--workers", "2")).toBe(once);
    expect(await digest("--first", "2")).not.toBe(once);
  });
});

describe("a gateway that is broken", () => {
  let world: CliWorld;
  let entry: string;
  let finished: Finished;
  beforeAll(async () => {
    world = new CliWorld();
    entry = await buildMutant(removalsIgnored, "kvproof");
    finished = await world.run(["simulate", "--seed", "3", ...QUICK], { entry });
  }, RUN_LIMIT_MS);
  afterAll(() => world.close());

  function folder(): string {
    return / {2}History: {2}(\S+)$/m.exec(finished.stdout)?.[1] ?? "";
  }

  it("exits 1 with seed, revision, one line to repeat it and the minimal history", () => {
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 1, signal: null });
    const { git } = toolIdentity();
    expect(finished.stdout).toContain(`\n  Seed:     3${git === null ? "" : ` at revision ${git}`}\n`);
    expect(finished.stdout).toMatch(/^ {2}Repeat: {3}\S.* simulate --seed 3 --steps 60 --engines 2$/m);
    expect(finished.stdout).toMatch(/^ {2}Minimal: {2}\S.* simulate --plan runs\/simulate\/\S+\/plan\.json$/m);
    expectPlain(finished);
    expectNothingRuns(world);
  });

  it("is shrunk to something that a person can read", () => {
    const plan = world.json<SimPlan>(world.path(folder(), "plan.json"));
    expect(plan.happenings.length).toBeLessThan(15);
    expect(plan.fleet.length).toBeLessThanOrEqual(2);
  });

  it("shows red under judge, and its plan gives the same bytes again", { timeout: RUN_LIMIT_MS }, async () => {
    const plan = await world.run(["simulate", "--plan", `${folder()}/plan.json`, "--digest", "--json"], { entry });
    expect(plan, plan.stderr).toMatchObject({ code: 1 });
    const { violations, digest } = JSON.parse(plan.stdout) as SeedResult;
    const history = gunzipSync(readFileSync(world.path(folder(), "history.ndjson.gz")));
    expect(createHash("sha256").update(history).digest("hex")).toBe(digest);
    const judged = await world.run(["judge", folder()]);
    expect(judged, judged.stderr).toMatchObject({ code: 1 });
    expect(violations.length).toBeGreaterThan(0);
    for (const { property } of violations) expect(judged.stdout).toContain(property);
  });

  it("passes the same plan once it is mended", { timeout: RUN_LIMIT_MS }, async () => {
    const mended = await world.run(["simulate", "--plan", `${folder()}/plan.json`]);
    expect(mended.code, mended.stdout).not.toBe(1);
  });

  it("keeps what it found when it is interrupted", { timeout: RUN_LIMIT_MS }, async (context) => {
    const other = new CliWorld(context);
    const running = other.start(["simulate", "--seeds", "100000", ...QUICK, "--json"], { entry });
    await running.says("violated");
    running.signal("SIGINT");
    const ended = await running.ended;
    expect(ended, ended.stderr).toMatchObject({ code: 130, signal: null });
    const { verdict, interrupted, folders } = told(ended);
    expect({ verdict, interrupted }).toEqual({ verdict: "fail", interrupted: true });
    expect(existsSync(other.path(folders[0]?.dir ?? "none", "history.ndjson.gz"))).toBe(true);
  });
});

describe.concurrent("what cannot be meant is refused with 64", () => {
  it.for([
    [["--seeds", "0"], /integer from 1 to/],
    [["--seeds", "many"], /integer from 1 to/],
    [["--seed", "-1"], /integer from 0 to/],
    [["--engines", "201"], /integer from 1 to 200/],
    [["--fixed", "0"], /integer from 1 to/],
    [
      ["--faults", "stream.dorp"],
      /no fault of the simulation is called "stream\.dorp" \(did you mean stream\.drop\?\)/,
    ],
    [["--seed", "1", "--fresh"], /exclude each other/],
    [["--first", "1", "--fixed", "5"], /exclude each other/],
    [["--plan", "nowhere.json"], /FILE_NOT_FOUND: nowhere\.json/],
    [["--plan", "bad.json"], /bad\.json is no plan of a simulation/],
  ] as const)("%j", async ([flags, words], context) => {
    const world = new CliWorld(context);
    world.write("bad.json", '{"seed":1}');
    const finished = await world.run(["simulate", ...flags]);
    expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 64, stdout: "" });
    expect(finished.stderr).toMatch(words);
    errorLine(finished);
    expectNothingRuns(world);
  });
});
