/** The report as a person sees it: a real browser, a phone and a desktop, light and dark, no script. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { campaignReportHtml } from "../../src/report/html/campaign-report.js";
import { runReportHtml } from "../../src/report/html/run-report.js";
import { aMeasurement } from "../../src/report/coverage/testing/a-measurement.js";
import { sampleCampaign, sampleRun } from "../../src/report/testing/sample-run.js";
import { storeRuns } from "../../src/report/trend/testing/stored-campaign.js";
import { trendPage } from "../../src/report/trend/trend-page.js";
import { loadTrend } from "../../src/report/trend/trend-view.js";

const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Names and rows as long as they get. */
function aTrendPage(root: string): string {
  const verdicts = Array.from({ length: 70 }, (_, i) => (i % 9 === 8 ? ("fail" as const) : ("pass" as const)));
  const scenario = "e2e/a-scenario-with-a-rather-long-name-of-its-own";
  storeRuns(
    root,
    verdicts.map((verdict, i) => ({ scenario, verdict, identity: "x", measured: { "query_ms p99": 1 + (i % 7) } })),
  );
  const entries = [90, 91].map((lines) => JSON.stringify(aMeasurement({ lines, rooms: { base: lines } })));
  writeFileSync(join(root, "coverage-history.ndjson"), entries.join("\n"));
  return trendPage(loadTrend(root));
}

describe.skipIf(!executable)("report in a browser (needs chromium)", () => {
  let browser: Browser;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "kvproof-browser-"));
    writeFileSync(join(dir, "run.html"), runReportHtml(sampleRun()));
    writeFileSync(join(dir, "campaign.html"), campaignReportHtml(sampleCampaign()));
    writeFileSync(join(dir, "trend.html"), aTrendPage(join(dir, "stored")));
    browser = await chromium.launch({ executablePath: executable as string, args: flags });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const views = ["run.html", "campaign.html", "trend.html"].flatMap((file) =>
    [390, 1280].flatMap((width) => (["light", "dark"] as const).map((colorScheme) => ({ file, width, colorScheme }))),
  );

  it.each(views)(
    "$file at $width px, $colorScheme: fits, complains of nothing, shows its charts",
    async ({ file, width, colorScheme }) => {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        javaScriptEnabled: true,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(pathToFileURL(join(dir, file)).href);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      const visibleCharts = await page.locator(".chart svg:visible").count();
      const scripts = await page.locator("script").count();
      await context.close();
      expect({ overflow, complaints, scripts }).toEqual({ overflow: 0, complaints: [], scripts: 0 });
      expect(visibleCharts).toBeGreaterThan(0);
    },
  );

  it("dark mode changes the ink of the charts, not only the page", async () => {
    const inks = await Promise.all(
      (["light", "dark"] as const).map(async (colorScheme) => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme });
        const page = await context.newPage();
        await page.goto(pathToFileURL(join(dir, "run.html")).href);
        const ink = await page.evaluate("getComputedStyle(document.querySelector('.chart .wide svg text')).fill");
        await context.close();
        return ink;
      }),
    );
    expect(inks[0]).not.toBe(inks[1]);
  });
});
