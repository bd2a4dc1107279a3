/** The trend page as a file: whole, safe, the same for the same data, and every picture with its numbers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aMeasurement } from "../coverage/testing/a-measurement.js";
import { storeRuns } from "./testing/stored-campaign.js";
import { trendPage } from "./trend-page.js";
import { loadTrend } from "./trend-view.js";

const HOSTILE = `<script>alert("x")</script>&'`;

let root = "";
let html = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "kvproof-trend-page-"));
  const measured = [10, 11, 10, 10, 10, 39, 40].map((p99) => ({ "visibility_ms p99": p99, [HOSTILE]: 1 }));
  storeRuns(
    root,
    measured.map((figures, i) => ({
      scenario: `e2e/${HOSTILE}`,
      verdict: i === 6 ? "fail" : "pass",
      headline: HOSTILE,
      measured: figures,
    })),
    [HOSTILE],
  );
  const entries = [90, 91.5].map((lines) => aMeasurement({ lines, commit: HOSTILE, rooms: { [HOSTILE]: lines } }));
  const history = entries.map((entry) => JSON.stringify(entry)).join("\n");
  writeFileSync(join(root, "coverage-history.ndjson"), `${history}\nnot a line of ours\n`);
  html = trendPage(loadTrend(root));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("trend page", () => {
  it("says first what fails and since when, and what became worse", () => {
    const look = html.slice(html.indexOf('id="look"'), html.indexOf('id="campaigns"'));
    expect(look).toContain("FAIL since commit6 (2026-11-23 10:06), pass before, on commit5");
    expect(look).toContain("visibility_ms p99 40, usual 10: 300 % worse");
  });

  it("escapes what comes from files, in text, in tips and in attributes", () => {
    expect(html).not.toContain("<script");
    expect(html).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;");
    expect(html.match(/<title>[^<]*/g)?.length).toBeGreaterThan(8);
  });

  it("is one file that asks for nothing else and runs nothing", () => {
    const addresses = [...html.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string);
    expect(addresses.filter((address) => !address.startsWith("data:"))).toEqual([]);
    expect(html.match(/\son[a-z]+="/g)).toBeNull();
    expect(html).toContain("default-src 'none'");
  });

  it("draws well-formed graphs, a dot per run, the newest marked when it is worth a look", () => {
    const sparks = html.match(/<svg class="spark.*?<\/svg>/gs) ?? [];
    expect(sparks.map((svg) => XMLValidator.validate(svg)).filter((valid) => valid !== true)).toEqual([]);
    const [warned] = sparks.filter((svg) => svg.includes('class="spark warning"'));
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(warned ?? "") as { svg: { circle: unknown[] } };
    expect(parsed.svg.circle).toHaveLength(7);
  });

  it("has a chart of campaigns and one of coverage, in the page's colours, with their numbers as tables", () => {
    expect(html.split('class="chart"').length - 1).toBe(2);
    expect(html.split('class="data"').length - 1).toBe(2);
    expect(html).toContain("var(--pass)");
    expect(html).not.toMatch(/#0101[ab]\d/i);
  });

  it("shows coverage with its change against the measurement before", () => {
    expect(html).toContain("lines 91.5 % (+1.50)");
  });

  it("names what was passed over", () => {
    expect(html.slice(html.indexOf('id="notes"'))).toContain("1 line is damaged or of another version");
  });

  it("is the same page for the same data", () => {
    expect(trendPage(loadTrend(root))).toBe(html);
  });
});
