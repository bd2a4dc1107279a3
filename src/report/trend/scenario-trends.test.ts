/** What a history must tell: what fails and since when, what only chance decides, what became clearly worse. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { paintFor } from "../console/paint.js";
import { scenarioTrends, type ScenarioTrend } from "./scenario-trends.js";
import { readCampaigns } from "./stored-campaigns.js";
import { type MadeUpRun, storeCampaign, storeRuns, type Verdict } from "./testing/stored-campaign.js";
import { trendLines } from "./trend-console.js";
import { trendMarkdown } from "./trend-markdown.js";
import { loadTrend } from "./trend-view.js";
import { figureWords, sinceWords, worthALook } from "./words.js";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "kvproof-trends-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const plain = paintFor({ isTTY: false }, {});

function trendOf(runs: readonly MadeUpRun[], commits?: readonly (string | null)[]): ScenarioTrend {
  storeRuns(root, runs, commits);
  return scenarioTrends(readCampaigns(root).campaigns)[0] as ScenarioTrend;
}
const verdicts = (...all: Verdict[]): MadeUpRun[] => all.map((verdict) => ({ verdict }));

describe("a scenario over its campaigns", () => {
  it("names the commit since which its verdict differs, and the last one before", () => {
    const { since } = trendOf(verdicts("fail", "pass", "pass", "fail", "fail"));
    expect(since && sinceWords(since)).toBe("FAIL since commit3 (2026-11-23 10:03), pass before, on commit2");
  });

  it("that never differed has no such commit; one of an unknown commit is not blamed on another", () => {
    expect(trendOf(verdicts("pass", "pass")).since).toBeNull();
    const { since } = trendOf(verdicts("pass", "fail"), ["a", null]);
    expect(since && sinceWords(since)).toContain("since an unknown commit");
  });

  it("counts passes among what was decided: an interrupted run says nothing", () => {
    const trend = trendOf(verdicts("pass", "unknown", "pass", "error", "interrupted"));
    expect([trend.passed, trend.decided]).toEqual([2, 4]);
    expect(trend.since?.to.verdict).toBe("error");
  });

  it("is flaky when the same work of the same program came to different verdicts, not when the program changed", () => {
    const same = verdicts("pass", "fail", "pass").map((run) => ({ ...run, identity: "x" }));
    const [flake] = trendOf(same).flakes;
    expect(flake?.runs.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "pass"]);
    rmSync(join(root, "campaigns"), { recursive: true });
    expect(
      trendOf(
        same.map((run, i) => ({ ...run, identity: `build${i}` })),
        ["c", "c", "c"],
      ).flakes,
    ).toEqual([]);
  });

  it("of versions without identities is flaky by commit and command, never for a router of others", () => {
    expect(trendOf(verdicts("pass", "fail"), ["c", "c"]).flakes).toHaveLength(1);
    rmSync(join(root, "campaigns"), { recursive: true });
    const theirs = verdicts("pass", "fail").map((run) => ({ ...run, repro: "kvproof run x --sut 'stdio:theirs'" }));
    expect(trendOf(theirs, ["c", "c"]).flakes).toEqual([]);
  });

  it("is a row of its own in another lab and against another system; one that broke early joins its own", () => {
    const runs = [{}, { lab: "kubernetes" }, { sut: "naive" }];
    storeCampaign(root, { minute: 0, runs });
    storeCampaign(root, { minute: 1, runs: [{ sut: "none", verdict: "error", lab: "kubernetes" }] });
    const rows = scenarioTrends(readCampaigns(root).campaigns).map(({ lab, sut, runs: own }) => [lab, sut, own.length]);
    expect(rows).toEqual([
      ["kubernetes", "kvproof-gateway", 2],
      ["local", "kvproof-gateway", 1],
      ["local", "naive", 1],
    ]);
  });
});

describe("figures of a scenario", () => {
  const p99 = "visibility_ms p99";
  const measured = (...values: number[]): MadeUpRun[] => values.map((value) => ({ measured: { [p99]: value } }));
  const figure = (trend: ScenarioTrend, name = p99) => trend.figures.find((one) => one.name === name);

  it("warn when the newest two are worse than all before and than usual by more than a quarter", () => {
    expect(figure(trendOf(measured(10, 11, 10, 9, 10, 14, 13)))?.warning).toBe(true);
  });

  it.each([
    ["within a quarter", [10, 11, 10, 9, 10, 12, 12]],
    ["once only, as in one bad hour", [10, 11, 10, 9, 10, 10, 20]],
    ["seen that bad before", [10, 14, 10, 9, 10, 13, 13]],
    ["better", [10, 11, 10, 9, 10, 5, 5]],
    ["too few to compare with", [10, 10, 10, 10, 20, 20]],
  ])("do not warn when it is %s", (_, values) => {
    expect(figure(trendOf(measured(...values)))?.warning).toBe(false);
  });

  it("know that more is better for hit rates", () => {
    const rates = [0.8, 0.8, 0.8, 0.8, 0.8, 0.5, 0.4].map((value) => ({ measured: { hit_rate_fault: value } }));
    const found = figure(trendOf(rates), "hit_rate_fault");
    expect(found).toMatchObject({ better: "higher", warning: true });
    expect(found && figureWords(found)).toBe("0.4, usual 0.8: 100 % worse");
  });

  it("are compared only among runs of one length on one machine", () => {
    const runs = [{ cpu: "Xeon" }, { sample: 0.2 }, {}, {}].map((run, i) => ({ ...run, measured: { [p99]: i } }));
    expect(figure(trendOf(runs))?.points.map(({ value }) => value)).toEqual([2, 3]);
  });

  it("include how long the run took, and survive a usual of nothing", () => {
    const trend = trendOf([0, 0, 0, 0, 0, 3, 3].map((lost) => ({ seconds: 10, measured: { lost_batches: lost } })));
    expect(figure(trend, "took_s")).toMatchObject({ against: { worse: 0 }, warning: false });
    const lost = figure(trend, "lost_batches");
    expect(lost?.warning).toBe(true);
    expect(lost && figureWords(lost)).toBe("3, usual 0");
  });
});

describe("trends as text", () => {
  it("show a row per scenario, then what is worth a look", () => {
    storeRuns(root, [{}, {}, { verdict: "fail", headline: "S1 violated" }]);
    expect(trendLines(loadTrend(root), plain, false)).toEqual([
      "3 campaigns, 2026-11-23, 3 commits",
      "✓ pass · ✗ fail · ? unknown · ! broke · ■ interrupted; the newest is on the right",
      "",
      "e2e/a  ✓✓✗  2 of 3 (66 %)  ▄▄▄ 10 s  FAIL since commit2 (2026-11-23 10:02), pass before, on commit1",
      "",
      "Worth a look",
      "  e2e/a  FAIL since commit2 (2026-11-23 10:02), pass before, on commit1: S1 violated",
    ]);
  });

  it("add the figures of the scenarios that were asked for", () => {
    storeRuns(root, [{ measured: { "query_ms p99": 2 } }, { measured: { "query_ms p99": 4 } }]);
    expect(trendLines(loadTrend(root, "e2e"), plain, true)).toContain("  query_ms p99  ▁█  4 (lower is better)");
    expect(() => loadTrend(root, "nothing")).toThrow(/no campaign with a scenario named nothing below/);
  });

  it("in Markdown stay a table, whatever the scenarios are called", () => {
    storeRuns(root, [{ scenario: "a|b<img>", verdict: "unknown" }]);
    const text = trendMarkdown(loadTrend(root));
    expect(text).toContain("| a\\|b&lt;img> | ? | 0 of 1 (0 %) |");
    expect(text).toContain("- **a|b&lt;img>** unknown in its only run: unknown: what decided it");
  });

  it("of scenarios that all pass have nothing to look at", () => {
    storeRuns(root, verdicts("pass", "pass"));
    expect(worthALook(loadTrend(root))).toEqual([]);
  });
});
