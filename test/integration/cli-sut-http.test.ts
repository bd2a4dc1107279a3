/** Indexers over HTTP as the system under test: one that runs already, one that the lab starts, and what is refused. */
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cliEntry } from "../../src/base/package-root.js";
import { aScenario, CliWorld, errorLine, expectNothingRuns } from "./cli-world.js";

const RUN_LIMIT_MS = 60_000;

async function aGateway(world: CliWorld): Promise<string> {
  const running = world.start(["gateway", "--port", "0"]);
  await waitFor(() => running.stdout.includes("\n"), { describe: "the gateway's ready line", timeoutMs: 20_000 });
  return (JSON.parse(running.stdout) as { url: string }).url;
}

describe.concurrent("an indexer over HTTP", { timeout: RUN_LIMIT_MS }, () => {
  it("that runs already is driven, judged, and left as it was found", async (context) => {
    const world = new CliWorld(context);
    const url = await aGateway(world);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", "--sut", `http:${url}`, "--json"]);
    expect(finished).toMatchObject({ code: 0, signal: null });
    expect(world.summary().sut).toMatchObject({
      name: "kvproof indexer",
      capabilities: { route: true, streams: false },
    });
    expect(world.summary().repro).toContain(`--sut http:${url}`);
    expect(await (await fetch(`${url}/workers`)).json()).toEqual({ workers: [] });
  });

  it("is started by the lab where a command is given, at a place of the lab's choice", async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const command = `${process.execPath} ${cliEntry()} gateway --host {address} --port {port}`;
    const finished = await world.run(["run", "s.yaml", "--sut", `http:http://{address}:{port} ${command}`]);
    expect(finished).toMatchObject({ code: 0, signal: null });
    expectNothingRuns(world);
  });

  it("whose process ends while nobody answers any more ends the run at once: nobody waits for what was asked", async (context) => {
    const world = new CliWorld(context);
    const url = await aGateway(world);
    world.write("s.yaml", aScenario({ steady: "60s" }));
    const command = `${process.execPath} -e setInterval(Date.now,9999)`;
    const running = world.start(["run", "s.yaml", "--sut", `http:${url} ${command}`, "--sut-timeout", "50s"]);
    await world.underLoad();
    // As a pod whose node is gone: connections stay, and nothing comes over them.
    process.kill(world.process("kvproof.js gateway").pid, "SIGSTOP");
    const beganAt = performance.now();
    const started = world
      .processes()
      .find(({ command: line }) => / -e setInterval/.test(line) && !line.includes("--sut"));
    expect(started).toBeDefined();
    process.kill(started?.pid ?? Number.NaN, "SIGKILL");
    const finished = await running.ended;
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_SUT_EXITED: the system under test/);
    expect(performance.now() - beganAt).toBeLessThan(25_000);
  });

  it("that nobody serves is one error", async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", "--sut", "http:http://127.0.0.1:1"]);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_SUT_UNAVAILABLE: waited 5000 ms for the system under test to answer/);
    expectNothingRuns(world);
  });

  it("that speaks no API we know is one error that says how to name it", async (context) => {
    const world = new CliWorld(context);
    const script =
      "require('http').createServer((q, r) => { r.statusCode = 404; r.end('{}'); }).listen(process.argv[1].split(':')[1], process.argv[1].split(':')[0])";
    world.write("s.yaml", aScenario());
    const command = `${process.execPath} -e "${script}" {address}:{port}`;
    const finished = await world.run(["run", "s.yaml", "--sut", `http:http://{address}:{port} ${command}`]);
    expect(finished.code).toBe(69);
    expect(errorLine(finished)).toMatch(/^KVP_E_SUT_PROTOCOL: .*name it with --sut-api/);
    expectNothingRuns(world);
  });

  it("that was not started by the lab cannot be broken by it: refused before anything starts", async (context) => {
    const world = new CliWorld(context);
    const fault = "faults: [{ id: x, kind: process.kill, target: gateway, at: 0s }]";
    world.write("s.yaml", aScenario({ more: fault }));
    const finished = await world.run(["run", "s.yaml", "--sut", "http:http://127.0.0.1:1"]);
    expect(finished).toMatchObject({ code: 64, stdout: "" });
    expect(errorLine(finished)).toMatch(
      /^KVP_E_SCENARIO_IMPOSSIBLE: s\.yaml:11:\d+ process\.kill on gateway is impossible: .*127\.0\.0\.1:1 was not started/,
    );
  });
});

describe.concurrent("--sut is refused with a reason", { timeout: RUN_LIMIT_MS }, () => {
  it.for([
    [["--sut", "stdoi:x"], /--sut must be "stdio:<command line>", .*not "stdoi:x" \(did you mean stdio\?\)/],
    [["--sut", "stdio:"], /--sut "stdio:…" names no program/],
    [["--sut", "stdio:node 'x"], /a quote is not closed in: 'x/],
    [["--sut", "http:nowhere"], /needs a URL such as http:\/\/127\.0\.0\.1:8080, not "nowhere"/],
    [["--sut", "http:http://{address}:1"], /filled in only where --sut names a command to start/],
    [["--sut", "stdio:x", "--gateway-command", "y"], /both name the system under test/],
    [["--sut", "stdio:x", "--sut-timeout", "10"], /--sut-timeout must be a duration such as 500ms or 10s/],
    [["--sut-timeout", "1s"], /--sut-timeout is about --sut, which is not given/],
    [["--sut", "stdio:x", "--sut-api", "dynamo"], /are about indexers over HTTP/],
    [
      ["--sut", "http:http://127.0.0.1:1", "--sut-api", "dynamoo"],
      /no API is called dynamoo \(did you mean dynamo\?\)/,
    ],
    [
      ["--sut", "http:http://127.0.0.1:1", "--sut-claims", "loar"],
      /nothing can be claimed as loar \(did you mean lora\?\)/,
    ],
    [["--sut", "http:http://127.0.0.1:1", "--sut-claims", "lora=1"], /"1" is no value of lora/],
  ] as const)("%j", async ([flags, words], context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", ...flags]);
    expect(finished).toMatchObject({ code: 64, stdout: "" });
    expect(errorLine(finished)).toMatch(/^KVP_E_USAGE: /);
    expect(errorLine(finished)).toMatch(words);
    expectNothingRuns(world);
  });
});
