/** The report of a campaign: verdict, what failed and why, a property × scenario matrix, and a way into each run. */
import { formatMs, formatNumber } from "../format.js";
import type { CampaignView, RunView } from "../run-files.js";
import { distributionRows } from "./distributions.js";
import { badge, escapeHtml, jsonBlock, markup, section, table } from "./markup.js";
import { facts, page } from "./page.js";
import { scorecardSection } from "./scorecard.js";
import { timelineSection } from "./timeline.js";

function runLink(run: RunView): string {
  return `<a href="${escapeHtml(encodeURI(run.summary.dir))}/report.html">${escapeHtml(run.summary.scenario)}</a>`;
}

function runsSection(view: CampaignView): string {
  const rows = view.runs.map((run) => [
    badge(run.summary.verdict),
    markup(runLink(run)),
    run.summary.headline,
    formatNumber(run.judged?.counts.engines ?? 0),
    formatNumber(run.judged?.counts.queries ?? 0),
    formatNumber(run.judged?.counts.batches ?? 0),
    formatMs(run.summary.durationMs),
  ]);
  return section(
    "runs",
    "Scenarios",
    table(["verdict", "scenario", "what decided it", "engines", "questions", "batches", "took"], rows),
  );
}

function propertiesSection(view: CampaignView): string {
  const rows = view.summary.properties.map((property) => [
    badge(property.verdict),
    markup(`<strong>${escapeHtml(property.id)}</strong>`),
    property.title,
    formatNumber(property.opportunities),
    formatNumber(property.violations),
  ]);
  return section(
    "properties",
    "Properties over all scenarios",
    table(["verdict", "id", "property", "opportunities", "violations"], rows),
  );
}

function failuresSection(view: CampaignView): string {
  const items = view.runs.flatMap((run) =>
    (run.judged?.properties ?? []).flatMap((property) =>
      property.violations
        .slice(0, 2)
        .map(
          (violation) =>
            `<div class="proof"><p><strong>${escapeHtml(property.id)}</strong> in ${runLink(run)}: ${escapeHtml(violation.summary)}</p><details><summary>Proof</summary>${jsonBlock(violation.proof)}</details></div>`,
        ),
    ),
  );
  return items.length === 0 ? "" : section("failures", "Counter-examples", items.join("\n"));
}

function latencySection(view: CampaignView): string {
  const rows = view.runs.flatMap((run) =>
    distributionRows((run.judged?.distributions ?? []).filter((distribution) => distribution.count > 0)).map((row) => [
      markup(runLink(run)),
      ...row,
    ]),
  );
  if (rows.length === 0) return "";
  const head = ["scenario", "measure (ms)", "samples", "min", "mean", "p50", "p90", "p99", "p99.9", "max"];
  return section(
    "latency",
    "Latency",
    `<details><summary>Every measure of every scenario</summary>${table(head, rows)}</details>`,
    "Open loop; counted from when a request was due.",
  );
}

/** The liveliest run's timeline stands for the rest: a picture says what a campaign does faster than its tables. */
function pictureSection(view: CampaignView): string {
  const lanes = (run: RunView): number => new Set(run.judged?.timeline.map((item) => item.lane)).size;
  const candidates = view.runs.filter((run) => run.judged && lanes(run) <= 16);
  const liveliest = candidates.sort((a, b) => (b.judged?.timeline.length ?? 0) - (a.judged?.timeline.length ?? 0))[0];
  if (!liveliest?.judged) return "";
  return timelineSection(liveliest.judged).replace(
    "<h2>Timeline</h2>",
    `<h2>Timeline of ${escapeHtml(liveliest.summary.scenario)}</h2>`,
  );
}

export function campaignReportHtml(view: CampaignView): string {
  const { summary } = view;
  const body = [
    `<p class="muted">kvproof campaign report</p><h1>${view.runs.length} scenarios: ${summary.verdict}</h1>`,
    `<div class="verdict ${summary.verdict}"><strong>${badge(summary.verdict).html}</strong><p>${escapeHtml(summary.headline)}</p></div>`,
    facts([
      ["started", summary.startedAt],
      ["took", formatMs(summary.durationMs)],
      [
        "machine",
        `${summary.machine.cpu}, ${summary.machine.cores} cores, ${formatNumber(summary.machine.memoryGiB)} GiB`,
      ],
      ["kvproof", `${summary.tool.version}${summary.tool.git ? ` (${summary.tool.git.slice(0, 12)})` : ""}`],
    ]),
    failuresSection(view),
    pictureSection(view),
    runsSection(view),
    scorecardSection(view),
    propertiesSection(view),
    latencySection(view),
    section("repeat", "Repeat it", `<pre>${escapeHtml(summary.repro)}</pre>`),
  ];
  return page(`kvproof campaign: ${summary.verdict}`, body.join("\n"));
}
