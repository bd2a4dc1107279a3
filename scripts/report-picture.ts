/** Takes the README's picture: the top of a campaign report. Usage: tsx scripts/report-picture.ts <campaign dir> (needs Chromium). */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const dir = process.argv[2] ?? "runs/campaigns/latest";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 1240 } });
  await page.goto(pathToFileURL(resolve(dir, "report.html")).href);
  const picture = fileURLToPath(new URL("../docs/images/report.png", import.meta.url));
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
}
