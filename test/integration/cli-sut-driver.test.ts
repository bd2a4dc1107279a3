/** Programs that break the driver protocol, each in its way: a clear error with a code, exit 69, never a hang, nothing left running. */
import { describe, expect, it } from "vitest";
import { aScenario, CliWorld, errorLine, expectNothingRuns, expectPlain, type Finished } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;

/** A driver that does everything right and knows nothing; `on` may do something else with a request and return true. */
function aDriver(on: string, more = ""): string {
  return `import { createInterface } from "node:readline";
import { closeSync } from "node:fs";
process.stdout.on("error", () => process.exit(1));
const say = (text) => process.stdout.write(text);
const reply = (id, result) => say(JSON.stringify({ id, result }) + "\\n");
const answers = {
  hello: { protocol: 1, name: "stub", version: "1", capabilities: { match: true } },
  "engine.add": {}, "engine.remove": {}, match: { engines: {} },
};
let asked = 0;
let flooding;
${more}
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  asked++;
  ${on}
  if (method === "stop") process.exit(0);
  reply(id, answers[method]);
});
`;
}

/** So long that the run surely ends by what the driver does. */
const LONG = "60s";

async function runWith(
  world: CliWorld,
  script: string,
  flags: readonly string[] = [],
  steady = LONG,
): Promise<Finished> {
  world.write("driver.mjs", script);
  world.write("s.yaml", aScenario({ steady }));
  const finished = await world.run(["run", "s.yaml", "--sut", `stdio:${process.execPath} driver.mjs`, ...flags]);
  expectPlain(finished);
  expectNothingRuns(world);
  return finished;
}

describe.concurrent("a driver that is no good from the beginning", { timeout: RUN_LIMIT_MS }, () => {
  it.for([
    ["ends at once", 'console.error("no licence"); process.exit(7);', /SUT_EXITED: .*\(exit code 7\).*no licence/],
    [
      "logs on its standard output",
      aDriver("", 'say("listening\\n");'),
      /SUT_PROTOCOL: .*line 1 of its standard output is no JSON: "listening"; logs belong on standard error/,
    ],
    [
      "speaks another protocol",
      aDriver("", "answers.hello.protocol = 2;"),
      /SUT_PROTOCOL: .*the result of hello has a wrong shape \(protocol: kvproof speaks protocol 1\)/,
    ],
    [
      "claims what is neither yes nor no",
      aDriver("", 'answers.hello.capabilities.match = "yes";'),
      /SUT_PROTOCOL: .*capabilities\.match: expected boolean, received string/,
    ],
    [
      "answers what nobody asked",
      aDriver("", "reply(77, {});"),
      /SUT_PROTOCOL: .*it answered request 77, which is not open/,
    ],
    [
      "answers with a result and an error",
      aDriver('say(JSON.stringify({ id, result: {}, error: { message: "no" } }) + "\\n"); return;'),
      /SUT_PROTOCOL: .*no reply \(value: must have either a result or an error\)/,
    ],
    [
      "answers twice",
      aDriver("reply(id, answers[method]);"),
      /SUT_PROTOCOL: .*it answered request 1, which is not open/,
    ],
    [
      "sends bytes that are no text",
      aDriver("", "process.stdout.write(Buffer.from([0x7b, 0xff, 0x0a]));"),
      /SUT_PROTOCOL: .*a line is not UTF-8/,
    ],
    [
      "closes its output and runs on",
      aDriver("return;", "closeSync(1);"),
      /SUT_PROTOCOL: .*closed its standard output and runs on/,
    ],
    [
      "refuses to say who it is",
      aDriver('say(JSON.stringify({ id, error: { message: "not today" } }) + "\\n"); return;'),
      /SUT_REFUSED: .*answered hello with an error: not today/,
    ],
    [
      "refuses an engine",
      aDriver(
        'if (method === "engine.add") { say(JSON.stringify({ id, error: { message: "full" } }) + "\\n"); return; }',
      ),
      /SUT_REFUSED: stub answered engine\.add with an error: full/,
    ],
    [
      "says nothing",
      "setInterval(() => {}, 1000);",
      /SUT_HUNG: .*left hello \(request 1\) unanswered for \d+ ms; nothing was/,
    ],
  ] as const)("%s", async ([, script, words], context) => {
    const world = new CliWorld(context);
    const finished = await runWith(world, script, ["--sut-timeout", "2s"]);
    expect(finished).toMatchObject({ code: 69, signal: null });
    const line = errorLine(finished);
    expect(line).toMatch(words);
    expect(line).toContain("gateway.log");
  });

  it("does not exist", async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", "--sut", "stdio:/does/not/exist"]);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(
      /^KVP_E_SUT_UNAVAILABLE: the system under test could not be started \(\/does\//,
    );
    expectNothingRuns(world);
  });
});

describe.concurrent("a driver that goes wrong in the middle of a run", { timeout: RUN_LIMIT_MS }, () => {
  const later = (what: string): string => aDriver(`if (method === "match" && asked > 30) { ${what} }`);
  it.for([
    [
      "dies",
      later('console.error("out of luck"); process.exit(9);'),
      /SUT_EXITED: .*\(exit code 9\) in the middle.*out of luck/,
    ],
    [
      "falls silent",
      later("return;"),
      /SUT_HUNG: stub left match \(request \d+\) unanswered for \d+ ms; \d+ requests were/,
    ],
    [
      "answers in another shape",
      later("reply(id, { engines: { x: -1 } }); return;"),
      /SUT_PROTOCOL: .*the result of match has a wrong shape \(engines\.x: /,
    ],
    [
      "answers everything with an error",
      later('say(JSON.stringify({ id, error: { message: "busy" } }) + "\\n"); return;'),
      /SUT_REFUSED: stub answered match with an error: busy \(50 errors in a row\)/,
    ],
    [
      "floods without an end of line",
      later('flooding ??= setInterval(() => say("x".repeat(1 << 20)), 1); return;'),
      /SUT_PROTOCOL: .*a line is longer than 16777216 bytes/,
    ],
    [
      "floods with lines",
      later('flooding ??= setInterval(() => say("[]\\n".repeat(1000)), 1); return;'),
      /SUT_PROTOCOL: .*is no reply/,
    ],
  ] as const)("%s", async ([, script, words], context) => {
    const world = new CliWorld(context);
    const finished = await runWith(world, script, ["--sut-timeout", "2s"]);
    expect(finished).toMatchObject({ code: 69, signal: null });
    expect(errorLine(finished)).toMatch(words);
    expect(world.summary()).toMatchObject({ verdict: "error", headline: expect.stringContaining("until then: ") });
  });
});

describe.concurrent("a driver that does not end when it is told to", { timeout: RUN_LIMIT_MS }, () => {
  const deaf = 'if (method === "stop") return reply(id, {});';
  const claimsNothing = "answers.hello.capabilities = {};";

  it("is killed, and the run says so", async (context) => {
    const finished = await runWith(new CliWorld(context), aDriver(deaf, claimsNothing), [], "1s");
    expect(finished).toMatchObject({ code: 69, signal: null });
    expect(errorLine(finished)).toMatch(/^KVP_E_SUT_HUNG: stub did not end within 5000 ms after stop; /);
  });

  it("or ends with an error, is told apart from one that ends well", async (context) => {
    const script = aDriver('if (method === "stop") process.exit(3);', claimsNothing);
    const finished = await runWith(new CliWorld(context), script, [], "1s");
    expect(finished).toMatchObject({ code: 69, signal: null });
    expect(errorLine(finished)).toMatch(/^KVP_E_SUT_EXITED: stub ended with exit code 3 after stop; /);
  });

  it("and was wrong before is above all wrong", async (context) => {
    const world = new CliWorld(context);
    const finished = await runWith(world, aDriver(deaf), [], "1500ms");
    expect(finished).toMatchObject({ code: 1, signal: null });
    // Which property leads depends on how busy the machine is: a timed one is not judged while the router waits for a CPU.
    expect(world.summary().headline).toMatch(/^fail: \S+ .*violated .*; stub did not end within 5000 ms after stop/);
  });
});

it("a driver that claims nothing proves nothing", { timeout: RUN_LIMIT_MS }, async (context) => {
  const world = new CliWorld(context);
  const finished = await runWith(world, aDriver("", "answers.hello.capabilities = {};"), [], "1s");
  expect(finished).toMatchObject({ code: 2, signal: null });
  expect(world.summary().headline).toContain("nothing that stub claims to do was exercised");
});

it("what a driver starts ends with it", { timeout: RUN_LIMIT_MS }, async (context) => {
  const world = new CliWorld(context);
  const child = 'import { spawn } from "node:child_process"; spawn("sleep", ["300"], { stdio: "ignore" });';
  const finished = await runWith(world, child + aDriver("if (asked > 3) process.exit(4);"), [], LONG);
  expect(finished).toMatchObject({ code: 69, signal: null });
});
