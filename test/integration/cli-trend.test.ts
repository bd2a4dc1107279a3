/** `kvproof trend` as a user types it: shown is 0, whatever went wrong back then; nothing to show is said in one line. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { aMeasurement } from "../../src/report/coverage/testing/a-measurement.js";
import { storeRuns } from "../../src/report/trend/testing/stored-campaign.js";
import { CliWorld, errorLine, expectPlain } from "./cli-world.js";

describe.concurrent("kvproof trend", () => {
  it("shows what is stored in runs/, names what it passed over, and writes page and summary", async (context) => {
    const world = new CliWorld(context);
    storeRuns(world.path("runs"), [{}, { verdict: "fail", headline: "S1 violated", measured: { "query_ms p99": 3 } }]);
    mkdirSync(world.path("runs", "campaigns", "cut"));
    writeFileSync(world.path("runs", "campaigns", "cut", "campaign.json"), "{");
    writeFileSync(world.path("runs", "coverage-history.ndjson"), JSON.stringify(aMeasurement({ lines: 90 })));
    const finished = await world.run(["trend", "--scenario", "e2e", "--html", "out/t.html", "--markdown", "out/t.md"]);
    expect(finished.code).toBe(0);
    expectPlain(finished);
    expect(finished.stderr).toMatch(
      /^passed over, damaged or of another version: runs\/campaigns\/cut\/campaign\.json/,
    );
    expect(finished.stdout).toMatch(/^e2e\/a {2}✓✗ {2}1 of 2 \(50 %\) {2}▄▄ 10 s {2}FAIL since commit1/m);
    expect(finished.stdout).toMatch(/^ {2}query_ms p99 {2}▄ {3}3 \(lower is better\)/m);
    expect(finished.stdout).toContain("Coverage  lines 90 %");
    expect(readFileSync(world.path("out", "t.html"), "utf8")).toMatch(/^<!doctype html>.*S1 violated/s);
    expect(readFileSync(world.path("out", "t.md"), "utf8")).toContain("| e2e/a | ✓✗ | 1 of 2 (50 %) |");
  });

  it.for([
    ["a folder that is not there", ["trend"], /^KVP_E_FILE_NOT_FOUND: runs is no folder/],
    ["a folder without any", ["trend", "tmp"], /^KVP_E_FILE_NOT_FOUND: no campaign and no coverage history below tmp/],
    [
      "a page that cannot be written",
      ["trend", "some", "--html", "some/file/x"],
      /^KVP_E_OUT_UNWRITABLE: some\/file\/x/,
    ],
    [
      "a scenario that never ran",
      ["trend", "some", "--scenario", "zz"],
      /^KVP_E_FILE_NOT_FOUND: .* named zz below some/,
    ],
  ] as const)("%s ends it with 64 and one line", async ([, args, words], context) => {
    const world = new CliWorld(context);
    storeRuns(world.path("some"), [{}]);
    world.write("some/file", "");
    const finished = await world.run(args);
    expect(finished.code).toBe(64);
    expect(errorLine(finished)).toMatch(words);
  });
});
