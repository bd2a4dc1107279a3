/** `kvproof shrink` against gateways that are broken on purpose: from a long trace to the few events that show the defect. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { aBatch, aStream, cleared, removed, stored } from "../../src/streams/testing/a-trace.js";
import { randomBatches } from "../../src/streams/testing/random-trace.js";
import { openTrace } from "../../src/streams/trace/trace-reader.js";
import { TRACE_FORMAT, TRACE_VERSION, type TraceRecord } from "../../src/streams/trace/trace-records.js";
import { TraceWriter } from "../../src/streams/trace/trace-writer.js";
import { buildMutant } from "../mutants/build-mutant.js";
import type { Defect } from "../mutants/defect.js";
import { defect as adaptersFallTogether } from "../mutants/defects/index/adapters-fall-together.js";
import { defect as creditsWithoutFirstBlock } from "../mutants/defects/index/credits-without-first-block.js";
import { defect as removalsIgnored } from "../mutants/defects/index/removals-ignored.js";
import { CliWorld, errorLine } from "./cli-world.js";

const STREAMS = [aStream(), aStream({ engine: "b" })];

async function write(world: CliWorld, name: string, records: readonly TraceRecord[]): Promise<string> {
  const header = {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    tool: "test",
    startedAt: "2026-01-01T00:00:00.000Z",
    streams: STREAMS,
  } as const;
  const writer = new TraceWriter(world.path(name), header);
  for (const record of records) writer.append(record);
  await writer.finish();
  return name;
}

/** The lines that tell the events. */
const events = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => /^[ab]#0 \d+: /.test(line))
    .map((line) => line.replace(/^([ab])#0 \d+: /, "$1 "));

describe("kvproof shrink", () => {
  it.each<[Defect, readonly string[], string, string]>([
    [removalsIgnored, ["A store 1, tokens [1] (block size 1)", "A remove 1"], "nobody holds any of it", "A: 1"],
    [
      creditsWithoutFirstBlock,
      ["A store 1, tokens [1] (block size 1)", "B store 1 2, tokens [1 2] (block size 1)", "B remove 1"],
      "A: 1",
      "A: 1, B: 2",
    ],
    [
      adaptersFallTogether,
      ['A store 1, tokens [1] (block size 1), adapter x, extra keys [["x"]]'],
      "nobody holds any of it",
      "A: 1",
    ],
  ])("finds the few events that show it: $title", { timeout: 170_000 }, async (defect, minimal, expected, answered) => {
    const world = new CliWorld();
    try {
      const trace = await write(world, "t.kvtrace", randomBatches(11, 60, 2));
      const entry = await buildMutant(defect, "kvproof");
      const command = `${process.execPath} ${entry} gateway`;
      const ended = await world.run(["shrink", trace, "--gateway-command", command, "--max-time", "2m", "--quiet"]);
      expect(ended.code, ended.stderr).toBe(1);
      // Which of the two engines it is left with is the search's choice; A is the one named first.
      const told = events(ended.stdout);
      const first = told[0]?.[0] ?? "a";
      const named = (text: string): string =>
        text.replaceAll(/\b([ab])(?=:? )/g, (engine) => (engine === first ? "A" : "B"));
      expect(told.map((line) => named(line))).toEqual(minimal);
      expect(ended.stdout).toMatch(/failed in 3 of 3 runs/);
      const answers = (word: string): string =>
        named(
          ended.stdout
            .split("\n")
            .find((line) => line.startsWith(word))
            ?.slice(10) ?? "",
        )
          .split(", ")
          .sort((x, y) => x.localeCompare(y))
          .join(", ");
      expect([answers("expected"), answers("answered")]).toEqual([expected, answered]);
      expect(readFileSync(world.path("t.min.txt"), "utf8")).toBe(`${ended.stdout.split("\nwritten to")[0]}\n`);
      const whole: TraceRecord[] = [];
      for await (const record of (await openTrace(world.path("t.min.kvtrace"))).records) whole.push(record);
      expect(whole.filter(({ kind }) => kind === "batch").length).toBeLessThanOrEqual(minimal.length);
      // The system that is not broken answers right after the same trace.
      const sound = await world.run(["shrink", "t.min.kvtrace", "--quiet", "--out", "s.kvtrace"]);
      expect(sound).toMatchObject({ code: 0, stdout: expect.stringContaining("answers everything right") });
    } finally {
      world.close();
    }
  });

  it("finds nothing wrong with the gateway, restarts, salts and clears included, and writes nothing", async (context) => {
    const world = new CliWorld(context);
    const trace = await write(world, "t.kvtrace", [
      ...randomBatches(7, 40, 2),
      aBatch(0, [stored(null, [1], { extraKeys: [["salt"]] }), stored(1, [2])], { life: 2 }),
      aBatch(1, [removed([2]), cleared, stored(null, [3])], { life: 2 }),
    ]);
    const ended = await world.run(["shrink", trace]);
    expect(ended, ended.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("answers everything right after this trace (1 tries)"),
    });
    expect(existsSync(world.path("t.min.kvtrace"))).toBe(false);
  });

  it("works on programs behind pipes, and gives what it has when told to stop early", async (context) => {
    const world = new CliWorld(context);
    const trace = await write(world, "t.kvtrace", randomBatches(11, 60, 2));
    world.write("driver.mjs", DEAF_DRIVER);
    const args = [
      "shrink",
      trace,
      "--sut",
      `stdio:${process.execPath} driver.mjs`,
      "--settle",
      "100ms",
      "--max-tries",
      "4",
    ];
    const ended = await world.run(args);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stdout).toContain("to be answered for the block it stored last");
    expect(ended.stdout).toContain("stopped early: 4 tries are used up");
    expect(ended.stderr).toMatch(/try 2: \d+ batches, \d+ events still fails/);
  });

  it("told to stop by Ctrl-C, writes the smallest trace until then", async (context) => {
    const world = new CliWorld(context);
    const trace = await write(world, "t.kvtrace", randomBatches(11, 60, 2));
    world.write("driver.mjs", DEAF_DRIVER);
    const cli = world.start(["shrink", trace, "--sut", `stdio:${process.execPath} driver.mjs`, "--settle", "300ms"]);
    await cli.says("try 3:");
    cli.signal("SIGINT");
    const ended = await cli.ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stdout).toContain("stopped early: interrupted");
    expect(existsSync(world.path("t.min.kvtrace"))).toBe(true);
    await world.untilNothingRuns();
  });

  it("a system that dies of what it is fed or asked is a finding, too", async (context) => {
    const world = new CliWorld(context);
    const trace = await write(world, "t.kvtrace", [aBatch(0, [stored(null, [1])]), aBatch(1, [stored(1, [2])])]);
    world.write(
      "driver.mjs",
      DEAF_DRIVER.replace(
        "  console.log(JSON.stringify",
        '  if (method === "match") process.exit(3);\n  console.log(JSON.stringify',
      ),
    );
    const ended = await world.run(["shrink", trace, "--sut", `stdio:${process.execPath} driver.mjs`]);
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stdout).toMatch(/wrong {5}.*exit code 3/);
    expect(ended.stdout).toMatch(/\nfailed in 3 of 3 runs/);
  });

  it.each<[string, string[], RegExp, number]>([
    ["a trace that is not there", ["shrink", "none"], /none cannot be read/, 64],
    ["a result that would overwrite another", ["shrink", "t.kvtrace", "--out", "there"], /there exists/, 64],
    ["a system that does not start", ["shrink", "t.kvtrace", "--sut", "stdio:no-such-program"], /no-such-program/, 69],
    [
      "a system that never subscribes",
      ["shrink", "t.kvtrace", "--sut", `stdio:${process.execPath} idle.mjs`],
      /waited \d+ ms for 1 subscribers of a#0/,
      69,
    ],
    ["two systems at once", ["shrink", "t.kvtrace", "--sut", "stdio:x", "--gateway-command", "y"], /give one/, 64],
  ])("says what is wrong with %s", { timeout: 40_000 }, async (_, args, problem, code) => {
    const world = new CliWorld();
    try {
      await write(world, "t.kvtrace", [aBatch(0, [stored(null, [1])])]);
      world.write("there", "");
      world.write("idle.mjs", IDLE_DRIVER);
      const ended = await world.run(args);
      expect(ended.code, ended.stderr).toBe(code);
      expect(errorLine(ended)).toMatch(problem);
    } finally {
      world.close();
    }
  });
});

/** Speaks the driver protocol, and connects to nothing. */
const IDLE_DRIVER = `import { createInterface } from "node:readline";
const capabilities = { match: true };
const results = { hello: { protocol: 1, name: "idle", version: "1", capabilities }, match: { engines: {} } };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  console.log(JSON.stringify({ id, result: results[method] ?? {} }));
  if (method === "stop") process.exit(0);
}
`;

/** Subscribes, and reads nothing of what it is sent. */
const DEAF_DRIVER = `import { Subscriber } from ${JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve("zeromq")).href)};
${IDLE_DRIVER.replace(
  "  console.log(JSON.stringify",
  `  if (method === "engine.add")
    for (const { events } of JSON.parse(line).params.ranks) {
      const socket = new Subscriber();
      socket.connect(events);
      socket.subscribe();
    }
  console.log(JSON.stringify`,
)}`;
