/** Writes every rendering of a run or campaign beside its data. Idempotent: the data is the only source. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyFigures } from "../judge/key-figures.js";
import { RUN_FILES, type RunSummary, UNTIL_THEN } from "../judge/run-summary.js";
import type { JudgeReport } from "../judge/verdict.js";
import { campaignReportHtml } from "./html/campaign-report.js";
import { runReportHtml } from "./html/run-report.js";
import { junitXml } from "./junit.js";
import { campaignMarkdown, runMarkdown } from "./markdown.js";
import { type CampaignView, loadCampaign, loadRun, type RunView } from "./run-files.js";

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_HISTORY_INVALID */
export function renderRun(dir: string): RunView {
  const run = loadRun(dir);
  writeFileSync(join(dir, RUN_FILES.junit), junitXml([run]));
  writeFileSync(join(dir, RUN_FILES.markdown), runMarkdown(run));
  writeFileSync(join(dir, RUN_FILES.report), runReportHtml(run));
  return run;
}

/** Puts a new verdict into a run directory: `run.json` follows `properties.json`, and the renderings follow both. */
export function rejudgeRun(dir: string, judged: JudgeReport): RunView {
  const { summary } = loadRun(dir);
  const rejudged = { ...summary, ...outcomeAgain(summary, judged), measured: keyFigures(judged) };
  writeFileSync(join(dir, RUN_FILES.summary), `${JSON.stringify(rejudged, null, 1)}\n`);
  return renderRun(dir);
}

/** A run that was interrupted, or broke, stays that, whatever the judge makes of what it left. */
function outcomeAgain(summary: RunSummary, judged: JudgeReport): Pick<RunSummary, "verdict" | "exitCode" | "headline"> {
  const { verdict, exitCode, headline } = judged;
  if (summary.verdict !== "interrupted" && summary.verdict !== "error") return { verdict, exitCode, headline };
  const [what] = summary.headline.split(UNTIL_THEN);
  return { verdict: summary.verdict, exitCode: summary.exitCode, headline: `${what}${UNTIL_THEN}${headline}` };
}

/** Renders the campaign's own files; its runs are rendered as they end. @throws as {@link renderRun} */
export function renderCampaign(dir: string): CampaignView {
  const view = loadCampaign(dir);
  writeFileSync(join(dir, RUN_FILES.junit), junitXml(view.runs));
  writeFileSync(join(dir, RUN_FILES.markdown), campaignMarkdown(view));
  writeFileSync(join(dir, RUN_FILES.report), campaignReportHtml(view));
  return view;
}
