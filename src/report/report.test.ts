import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { campaignLines, columns, runLines } from "./console/summary.js";
import { LiveLine } from "./console/live-line.js";
import { formatBytes, formatMs, formatNumber } from "./format.js";
import { campaignReportHtml } from "./html/campaign-report.js";
import { faultBands, runReportHtml } from "./html/run-report.js";
import { junitXml } from "./junit.js";
import { campaignMarkdown, runMarkdown } from "./markdown.js";
import { rejudgeRun, renderCampaign, renderRun } from "./render.js";
import { loadRun } from "./run-files.js";
import { scorecardOf } from "../judge/scorecard.js";
import { sampleCampaign, sampleJudged, sampleRun, sampleSummary } from "./testing/sample-run.js";

describe("numbers read as people expect", () => {
  it.each([
    [0.12345, "0.123"],
    [4.5, "4.5"],
    [78.94, "78.9"],
    [1234.4, "1,234"],
    [7, "7"],
    [Number.NaN, "–"],
  ])("%f is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("durations and sizes carry their unit", () => {
    expect([formatMs(0.4), formatMs(1500), formatMs(125_000), formatBytes(1536)]).toEqual([
      "0.4 ms",
      "1.5 s",
      "2 min 5 s",
      "1.5 KiB",
    ]);
  });
});

describe("HTML report", () => {
  const html = runReportHtml(sampleRun());

  it("shows the violated property and its counter-example before the rest", () => {
    expect(html.indexOf("counter-examples")).toBeGreaterThan(0);
    expect(html.indexOf("counter-examples")).toBeLessThan(html.indexOf("property S0"));
  });

  it("escapes what comes from a run, in text and in proofs", () => {
    expect(html).not.toContain("<script>");
    expect(html).not.toContain("<img src=x");
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });

  it("is one file that asks for nothing else", () => {
    const addresses = [...html.matchAll(/<[a-z]+[^>]*\s(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(addresses.filter((address) => !address.startsWith("#") && !address.startsWith("data:"))).toEqual([]);
    expect(
      [...html.matchAll(/https?:\/\/[^"'\s<]+/g)]
        .map((match) => match[0])
        .filter((url) => !url.startsWith("http://www.w3.org/")),
    ).toEqual([]);
  });

  it("paints charts with the page's colours, so that dark mode reaches them", () => {
    expect(html).toContain("var(--c1)");
    expect(html).not.toMatch(/#0101[ab]\d/i);
  });

  it("is the same page for the same data, however many were rendered before", () => {
    expect(runReportHtml(sampleRun())).toBe(html);
    const ids = [...html.matchAll(/ id="(z\d+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of html.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });

  it("gives every chart its numbers as a table", () => {
    const charts = html.split('class="chart"').length - 1;
    expect(charts).toBeGreaterThanOrEqual(5);
    expect(html.split('class="data"').length - 1).toBe(charts);
  });

  it("shows when each fault was in force, what was seen of it, and what it cost; and marks it in every chart over time", () => {
    expect(html).toContain("1 of 1 processes gone &lt;i&gt;at once&lt;/i&gt;; then 1 of 1 answer /health");
    expect(html).toContain("5.01 s – 5.40 s");
    expect(html).toContain("87.5 %");
    expect(html).toContain("connection lost &lt;now&gt; after batch 7");
    expect(html).toContain("stream_state{state=&quot;live&quot;}");
    expect(faultBands(sampleJudged())).toEqual([{ fromMs: 5012, toMs: 5400, label: "kill" }]);
  });

  it("still says why when nothing could be judged", () => {
    const summary = sampleSummary({
      verdict: "error",
      error: { code: "KVP_E_ENGINE_NOT_READY", message: "engine a/1 did not start" },
    });
    expect(runReportHtml({ dir: "x", summary, judged: null, profiles: [] })).toContain("KVP_E_ENGINE_NOT_READY");
  });

  it("a campaign links to its runs and shows each property in each scenario", () => {
    const campaign = campaignReportHtml(sampleCampaign());
    expect(campaign).toContain('href="e2e/sample/run-1/report.html"');
    expect(campaign).toContain("S1 in e2e/sample: FAIL");
    expect(campaign).toContain('href="e2e/sample/run-1/report.html#proof-S1"');
  });
});

describe("faults on the console and in Markdown", () => {
  const text = runLines(sampleRun()).map(stripVTControlCharacters).join("\n");

  it("compares during with before and after, and shows a dash where nothing was measured", () => {
    expect(text).toMatch(/kill +process\.kill +engines\/llama-8b\/1 +5\.01 s – 5\.40 s +388 ms +812 ms/);
    expect(text).toMatch(/during +3 s +120 +87\.5 % +40 %/);
    expect(text).toMatch(/after +3 s +0 +– +69 %/);
    expect(text).toContain(
      'kill was told of by 4 log lines and 1 metrics: "llama-8b/1: connection lost <now> after batch 7"',
    );
    expect(runMarkdown(sampleRun())).toContain("| during | 3 s | 120 | 87.5 % | 40 % |");
  });

  it("names a few of many targets", () => {
    const targets = Array.from({ length: 100 }, (_, i) => `engines/m/${i + 1}`);
    const faults = sampleJudged().faults.map((fault) => ({ ...fault, targets }));
    const markdown = runMarkdown({ ...sampleRun(), judged: sampleJudged({ faults }) });
    expect(markdown).toContain("engines/m/4 and 96 more |");
  });

  it("says nothing of faults where there were none", () => {
    const judged = sampleJudged({ faults: [], degradation: [] });
    expect(runMarkdown({ ...sampleRun(), judged })).not.toContain("during");
    expect(runReportHtml({ ...sampleRun(), judged })).not.toContain('id="faults"');
  });

  it("reads what an older version judged, which knew nothing of faults", () => {
    const dir = mkdtempSync(join(tmpdir(), "kvproof-report-"));
    const { faults: _, degradation: __, ...older } = sampleJudged();
    writeFileSync(join(dir, "run.json"), JSON.stringify(sampleSummary()));
    writeFileSync(join(dir, "properties.json"), JSON.stringify({ ...older, schemaVersion: 1 }));
    expect(loadRun(dir).judged).toMatchObject({ faults: [], degradation: [] });
    rmSync(dir, { recursive: true });
  });
});

describe("JUnit", () => {
  const xml = junitXml([sampleRun()]);
  const parsed = new XMLParser({ ignoreAttributes: false, cdataPropName: "cdata" }).parse(xml) as {
    testsuites: {
      testsuite: {
        testcase: Record<string, { "@_message"?: string; cdata?: string } & string>[];
        "@_failures": string;
        "@_skipped": string;
      };
    };
  };
  const cases = parsed.testsuites.testsuite.testcase;

  it("is well-formed although proofs hold ]]>, markup and control characters", () => {
    expect(XMLValidator.validate(xml)).toBe(true);
    // oxlint-disable-next-line no-control-regex -- exactly what must be absent
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it("makes a violated property a failure with its proof, and an unclaimed one skipped", () => {
    const named = (name: string) => cases.find((one) => String(one["@_name"]).startsWith(name));
    expect(named("S1")?.failure?.["@_message"]).toBe("40 violations in 1234 opportunities");
    expect(named("O1")?.skipped?.["@_message"]).toContain("does not report counters");
    expect(named("S0")?.failure).toBeUndefined();
    expect(parsed.testsuites.testsuite["@_failures"]).toBe("2");
    expect(parsed.testsuites.testsuite["@_skipped"]).toBe("2");
  });

  it("makes a run that broke an error", () => {
    const summary = sampleSummary({
      verdict: "error",
      error: { code: "KVP_E_SUT_UNAVAILABLE", message: "gateway exited" },
    });
    expect(junitXml([{ dir: "x", summary, judged: null, profiles: [] }])).toContain(
      '<error message="KVP_E_SUT_UNAVAILABLE: gateway exited">',
    );
  });
});

describe("Markdown summary", () => {
  it("names the violation and stays a table when texts hold pipes", () => {
    const text = runMarkdown({ ...sampleRun(), judged: sampleJudged({ headline: "a|b" }) });
    expect(text).toContain("**S1**");
    expect(
      text
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .every((line) => line.endsWith("|")),
    ).toBe(true);
  });

  it("is cut before GitHub refuses it", () => {
    const violation = { at: 0, summary: "x".repeat(400_000), proof: {} };
    const properties = sampleJudged().properties.map((property) => ({
      ...property,
      violations: [violation, violation],
    }));
    const runs = [{ ...sampleRun(), judged: sampleJudged({ properties }) }];
    const scored = runs.map((run) => ({ summary: run.summary, report: run.judged }));
    const text = campaignMarkdown({ ...sampleCampaign(), runs, scorecard: scorecardOf([...scored, ...scored]) });
    expect(Buffer.byteLength(text)).toBeLessThan(600 * 1024);
    expect(text).toContain("cut at");
  });
});

describe("console", () => {
  it("ends with the report and how to repeat the run", () => {
    const lines = runLines(sampleRun()).map((line) => stripVTControlCharacters(line));
    expect(lines.at(-1)).toBe("Repeat:  kvproof run test/e2e/sample.yaml --seed 7 --sample 0.2");
    expect(lines.some((line) => line.includes("✗ FAIL  S1"))).toBe(true);
  });

  it("a campaign shows its scorecard: a sign for each property and scenario, and the proof of what failed", () => {
    const text = campaignLines(sampleCampaign()).map(stripVTControlCharacters).join("\n");
    expect(text).toContain("Scorecard of kvproof-gateway 0.1.0");
    expect(text).toMatch(/^ {2}S0 +✓$/m);
    expect(text).toMatch(/^ {2}S1 +✗$/m);
    expect(text).toMatch(/^ {2}O1 +–$/m);
    expect(text).toMatch(/✗ S1 in e2e\/sample: At 5\.0 s the router claimed 12 blocks/);
    const markdown = campaignMarkdown(sampleCampaign());
    expect(markdown).toContain("| S1 | property S1 | ✗ |");
    expect(markdown).toContain("- **S1** in e2e/sample: At 5.0 s");
  });

  it("a campaign's last lines hold the verdict", () => {
    expect(stripVTControlCharacters(campaignLines(sampleCampaign()).slice(-3)[0] ?? "")).toMatch(/^Verdict: ✗ FAIL/);
  });

  it("aligns columns whatever their colours", () => {
    expect(
      columns(
        [
          ["a", "10"],
          ["\u001b[32mlong\u001b[0m", "9"],
        ],
        [1],
      ),
    ).toEqual(["a     10", "\u001b[32mlong\u001b[0m   9"]);
  });

  it("off a terminal, writes a plain line every ten seconds at most", () => {
    const written: string[] = [];
    const out = { isTTY: false, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
    const live = new LiveLine(out);
    const progress = { scenario: "e2e/a", index: 1, total: 2, phase: "steady", elapsedMs: 1000, expectedMs: 8000 };
    for (const at of [0, 1000, 9000, 10_500]) live.update(progress, at);
    expect(written).toHaveLength(2);
    expect(written[0]).toBe("[1/2]  e2e/a  steady  1 s of about 8 s\n");
    live.update({ ...progress, expectedMs: null }, 30_000);
    expect(written[2]).toBe("[1/2]  e2e/a  steady  1 s\n");
  });
});

describe("run directory", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "kvproof-report-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("renders every file from the data alone", () => {
    writeFileSync(join(dir, "run.json"), JSON.stringify(sampleSummary()));
    writeFileSync(join(dir, "properties.json"), JSON.stringify(sampleJudged()));
    renderRun(dir);
    for (const file of ["junit.xml", "summary.md", "report.html"])
      expect(readFileSync(join(dir, file), "utf8").length).toBeGreaterThan(500);
  });

  it("judged again, a run that was interrupted stays interrupted, and says what the judge now makes of it", () => {
    const headline = "interrupted by the user; until then: unknown: no end";
    writeFileSync(
      join(dir, "run.json"),
      JSON.stringify(sampleSummary({ verdict: "interrupted", exitCode: 130, headline })),
    );
    const again = rejudgeRun(dir, sampleJudged({ verdict: "fail", exitCode: 1, headline: "fail: S1" }));
    expect(again.summary).toMatchObject({
      verdict: "interrupted",
      exitCode: 130,
      headline: "interrupted by the user; until then: fail: S1",
    });
  });

  it("judged again, a run that ended takes the new verdict", () => {
    writeFileSync(join(dir, "run.json"), JSON.stringify(sampleSummary({ verdict: "pass", exitCode: 0 })));
    const again = rejudgeRun(dir, sampleJudged({ verdict: "fail", exitCode: 1, headline: "fail: S1" }));
    expect(again.summary).toMatchObject({ verdict: "fail", exitCode: 1, headline: "fail: S1" });
  });

  it("of a campaign is linked from the campaign's folder", () => {
    const run = join(dir, "e2e", "one");
    const campaign = join(dir, "campaigns", "now");
    for (const folder of [run, campaign]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(run, "run.json"), JSON.stringify(sampleSummary({ dir: "." })));
    const { summary } = sampleCampaign();
    const runs = [{ ...sampleSummary(), dir: "../../e2e/one" }];
    writeFileSync(join(campaign, "campaign.json"), JSON.stringify({ ...summary, runs }));
    renderCampaign(campaign);
    expect(readFileSync(join(campaign, "report.html"), "utf8")).toContain('href="../../e2e/one/report.html"');
  });

  it("is shown by a path without detours", () => {
    writeFileSync(join(dir, "run.json"), JSON.stringify(sampleSummary()));
    expect(loadRun(`${dir}/x/..//`).dir).toBe(dir);
  });

  it("refuses a folder that is no run, and a schema it does not know", () => {
    expect(() => renderRun(dir)).toThrow(/is not a run directory/);
    writeFileSync(join(dir, "run.json"), JSON.stringify({ ...sampleSummary(), schemaVersion: 9 }));
    expect(() => renderRun(dir)).toThrow(/schema version 9/);
  });
});
