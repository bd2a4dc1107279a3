/** What a user gets who mistypes: one line that says what, where and what to do, exit code 64, and nothing was started. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { packageRoot, packageVersion } from "../../src/base/package-root.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain, type Finished } from "./cli-world.js";

function expectRefused(world: CliWorld, finished: Finished): string {
  const line = errorLine(finished);
  expect(finished.stderr).toBe(`${line}\n`);
  expect(finished).toMatchObject({ code: 64, signal: null, stdout: "" });
  expectPlain(finished);
  expectNothingRuns(world);
  return line;
}

describe.concurrent("a scenario that is wrong is refused before anything starts", () => {
  it.for([
    ["a misspelt key", aScenario().replace("workload", "worklaod"), /INVALID: s\.yaml:6:1 worklaod: .*mean workload\?/],
    [
      "a nested one",
      aScenario().replace("rate_per_s", "rate_pers"),
      /s\.yaml:6:34 workload\.rate_pers: .*rate_per_s\?/,
    ],
    ["a negative rate", aScenario().replace("20,", "-20,"), /s\.yaml:6:46 workload\.rate_per_s: must be at least 0/],
    ["a time without its unit", aScenario({ steady: "2" }), /s\.yaml:8:34 phases\.steady: .*such as 250ms, 3s/],
    [
      "an unknown property",
      aScenario({ more: "expect: { opportunities: { S11: 1 } }" }),
      /UNKNOWN_PROPERTY: s\.yaml:11:28 no property has the id S11 \(did you mean S1\?\)/,
    ],
    [
      "an unknown check",
      aScenario({ more: "checks: [servd]" }),
      /UNKNOWN_PROPERTY: s\.yaml:11:10 no check has the id servd \(did you mean served\?\)/,
    ],
    [
      "a threshold on what nobody measures",
      aScenario({ more: "expect: { thresholds: { visibilty_ms: [p50 < 1] } }" }),
      /INVALID: s\.yaml:11:\d+ nothing measures visibilty_ms \(did you mean visibility_ms\?\)/,
    ],
    [
      "a threshold that cannot be read",
      aScenario({ more: "expect: { thresholds: { visibility_ms: [p95 < 1] } }" }),
      /INVALID: s\.yaml:11:\d+ threshold "p95 < 1" is not/,
    ],
    [
      "a step for an engine that does not exist",
      aScenario({ more: "steps: [{ at: 1s, do: engine.kill, engine: engines/llama/9 }]" }),
      /s\.yaml:11:\d+ no engine matches engines\/llama\/9; there are llama\/1, llama\/2/,
    ],
    [
      "a dialect that nobody speaks",
      aScenario().replace("replicas: 2", "engine: { dialect: vllm-0.31 }"),
      /IMPOSSIBLE: s\.yaml:5:\d+ .*vllm-0\.31 \(did you mean vllm-0\.30\?\)/,
    ],
    ["broken YAML", "id: [cli/short\n", /SYNTAX: s\.yaml:2:1 [^:]+\. Fix/],
  ] as const)("%s", async ([, text, words], context) => {
    const world = new CliWorld(context);
    const line = expectRefused(world, await world.run(["run", world.write("s.yaml", text)]));
    expect(line).toMatch(words);
    expect(existsSync(world.path("runs"))).toBe(false);
  });

  it("one wrong file of many stops all of them", async (context) => {
    const world = new CliWorld(context);
    const wrong = aScenario({ id: "cli/wrong" }).replace("seed:", "sede:");
    const files = [world.write("good.yaml", aScenario()), world.write("wrong.yaml", wrong)];
    expect(expectRefused(world, await world.run(["run", ...files]))).toContain("wrong.yaml:10:1 sede: unknown key");
  });
});

describe.concurrent("a command line that is wrong is refused with a code", () => {
  it.for([
    ["a file that does not exist", ["run", "none.yaml"], /^KVP_E_FILE_NOT_FOUND: scenario none\.yaml does not exist\./],
    [
      "a misspelt option",
      ["run", "s.yaml", "--smaple", "1"],
      /^KVP_E_USAGE: unknown option '--smaple' \(did you mean --sample\?\)/,
    ],
    ["an unknown command", ["rum", "s.yaml"], /^KVP_E_USAGE: unknown command 'rum' \(did you mean run\?\)/],
    ["a share above one", ["run", "s.yaml", "--sample", "2"], /--sample <share>' argument '2' is invalid.*at most 1\./],
    [
      "a share that is no number",
      ["run", "s.yaml", "--sample", "half"],
      /--sample <share>' argument 'half' is invalid/,
    ],
    ["no scenario at all", ["run"], /^KVP_E_USAGE: missing required argument 'files'/],
    [
      "a pattern that leaves nothing",
      ["run", "s.yaml", "--grep", "nothing"],
      /^KVP_E_USAGE: no scenario is left to run; found: cli\/short\./,
    ],
    [
      "a folder for results that is a file",
      ["run", "s.yaml", "--out", "s.yaml"],
      /^KVP_E_OUT_UNWRITABLE: s\.yaml\/campaigns\/\S+ cannot be created/,
    ],
    ["an engine without a model", ["engine"], /^KVP_E_USAGE: required option '--model <name>' not specified/],
    [
      "an engine of an unknown dialect",
      ["engine", "--model", "m", "--dialect", "vlm"],
      /^KVP_E_USAGE: unknown dialect "vlm"/,
    ],
    [
      "a gateway that strangers could reach",
      ["gateway", "--host", "0.0.0.0"],
      /^KVP_E_USAGE: --host 0\.0\.0\.0 .*--allow-remote/,
    ],
    ["a gateway without its configuration", ["gateway", "--config", "none.yaml"], /^KVP_E_FILE_NOT_FOUND: none\.yaml/],
    ["judging nothing", ["judge", "none"], /^KVP_E_FILE_NOT_FOUND: none does not exist\./],
    ["judging a folder that is no run", ["judge", "."], /^KVP_E_FILE_NOT_FOUND: \. has no history\.ndjson\.gz\./],
    ["a report of nothing", ["report", "none"], /^KVP_E_FILE_NOT_FOUND: none is not a run directory/],
    ["a report of a folder that is no run", ["report", "tmp"], /^KVP_E_FILE_NOT_FOUND: tmp is not a run directory/],
  ] as const)("%s", async ([, args, words], context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    expect(expectRefused(world, await world.run(args))).toMatch(words);
  });
});

describe.concurrent("a damaged history is refused with its line", () => {
  it.for([
    ["no gzip at all", Buffer.from("{}\n"), /line 1: incorrect header check/],
    ["empty", gzipSync(""), /line 1: the history is empty/],
    [
      "another thing",
      gzipSync('{"k":"phase","at":1,"name":"end"}\n'),
      /line 1: a history begins with its run record, not with "phase"/,
    ],
  ] as const)("%s", async ([, bytes, words], context) => {
    const world = new CliWorld(context);
    mkdirSync(world.path("run"));
    writeFileSync(world.path("run", "history.ndjson.gz"), bytes);
    const line = expectRefused(world, await world.run(["judge", "run"]));
    expect(line).toMatch(/^KVP_E_HISTORY_INVALID: run\/history\.ndjson\.gz /);
    expect(line).toMatch(words);
  });
});

describe.concurrent("what asks for nothing but words", () => {
  it("every end-to-end scenario of the project is valid", async (context) => {
    const world = new CliWorld(context);
    const finished = await world.run(["scenario", "validate", join(packageRoot, "test/e2e")]);
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toMatch(/^ok {2}\S+happy-path\.yaml {2}e2e\/happy-path, 4 engines$/m);
    expectPlain(finished);
  });

  it("validate says of a wrong scenario where it is wrong", async (context) => {
    const world = new CliWorld(context);
    const file = world.write("s.yaml", aScenario().replace("seed", "sede"));
    expect(expectRefused(world, await world.run(["scenario", "validate", file]))).toContain("s.yaml:10:1 sede");
  });

  it("the schema is JSON that an editor can read", async (context) => {
    const { code, stdout } = await new CliWorld(context).run(["scenario", "schema"]);
    expect(code).toBe(0);
    const schema = JSON.parse(stdout) as { properties: Record<string, unknown>; required: string[] };
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(["id", "fleet", "workload", "expect"]));
    expect(schema.required).toEqual(expect.arrayContaining(["id", "title", "fleet"]));
  });

  it("the version and the help are answers, not errors", async (context) => {
    const world = new CliWorld(context);
    const [version, help, helpRun, bare] = await Promise.all(
      [["--version"], ["help"], ["help", "run"], []].map((args) => world.run(args)),
    );
    expect(version).toMatchObject({ code: 0, stdout: `${packageVersion}\n`, stderr: "" });
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["run", "scenario", "judge", "report", "engine", "gateway"])
      expect(help?.stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(helpRun).toMatchObject({ code: 0, stderr: "" });
    expect(helpRun?.stdout).toContain("--gateway-command");
    expect(bare).toMatchObject({ code: 64, stdout: "" });
    expect(bare?.stderr).toContain("Usage: kvproof");
  });

  it("a reader that stops reading is no error", async (context) => {
    const running = new CliWorld(context).start(["scenario", "schema"]);
    running.closeStdout();
    expect(await running.ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  });
});
