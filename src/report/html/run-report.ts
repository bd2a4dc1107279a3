/** The report of one run: one HTML file. */
import type { JudgeReport, Series } from "../../judge/verdict.js";
import { formatMs, formatNumber } from "../format.js";
import type { RunView } from "../run-files.js";
import { type Band, lineChart } from "./chart.js";
import { distributionsSection } from "./distributions.js";
import { faultsSection } from "./faults.js";
import { divergenceSection } from "./divergence.js";
import { badge, dataTable, escapeHtml, section } from "./markup.js";
import { facts, page } from "./page.js";
import { profilesSection } from "./profiles.js";
import { propertiesSection, thresholdsSection } from "./properties.js";
import { timelineSection } from "./timeline.js";

const MAX_LINES = 6;

export function faultBands(judged: JudgeReport): Band[] {
  return judged.faults.map(({ id, injectedMs, effectiveMs, recoveredMs }) => ({
    fromMs: effectiveMs ?? injectedMs,
    toMs: recoveredMs ?? judged.durationMs,
    label: id,
  }));
}

/** One chart per series. With many processes the busiest lines are drawn, the table has all. */
function seriesChart(series: Series, judged: JudgeReport): string {
  const peak = new Map<string, number>();
  for (const point of series.points) {
    for (const [name, value] of Object.entries(point.values)) peak.set(name, Math.max(peak.get(name) ?? 0, value));
  }
  const names = [...peak.keys()].sort((a, b) => (peak.get(b) ?? 0) - (peak.get(a) ?? 0));
  const lines = names.slice(0, MAX_LINES).map((name) => ({
    name,
    points: series.points.flatMap((point) =>
      point.values[name] === undefined ? [] : [[point.tMs, point.values[name]] as const],
    ),
  }));
  const chart = lineChart({
    label: `${series.name} over time`,
    durationMs: judged.durationMs,
    lines,
    bands: faultBands(judged),
  });
  const left = names.length - lines.length;
  const note = left > 0 ? `<p class="muted">The ${lines.length} highest of ${names.length} lines are drawn.</p>` : "";
  const rows = series.points.map((point) => [
    formatNumber(point.tMs / 1000),
    ...names.map((name) => (point.values[name] === undefined ? "" : formatNumber(point.values[name]))),
  ]);
  return `<h3>${escapeHtml(series.name)} (${escapeHtml(series.unit)})</h3>${chart}${note}${dataTable(["s", ...names], rows)}`;
}

export function seriesSection(judged: JudgeReport): string {
  const drawn = judged.series.filter((series) => series.points.length > 0);
  if (drawn.length === 0) return "";
  return section("over-time", "Over time and resources", drawn.map((series) => seriesChart(series, judged)).join("\n"));
}

export function verdictBox(summary: RunView["summary"]): string {
  const { verdict, headline, error } = summary;
  const detail = error ? `<p><code>${escapeHtml(error.code)}</code>: ${escapeHtml(error.message)}</p>` : "";
  return `<div class="verdict ${verdict}"><strong>${badge(verdict).html}</strong><p>${escapeHtml(headline)}</p>${detail}</div>`;
}

function runFacts({ summary, judged }: RunView): string {
  return facts([
    ["scenario", summary.scenario],
    ["system under test", `${summary.sut.name} ${summary.sut.version}`],
    ["lab", summary.lab],
    ["seed", String(summary.seed)],
    ["sample", `${formatNumber(summary.sample * 100)} %`],
    ["started", summary.startedAt],
    ["took", formatMs(summary.durationMs)],
    ["engines", formatNumber(judged?.counts.engines ?? 0)],
    ["questions asked", formatNumber(judged?.counts.queries ?? 0)],
    ["requests", formatNumber(judged?.counts.requests ?? 0)],
    ["event batches", formatNumber(judged?.counts.batches ?? 0)],
    ["block operations", formatNumber(judged?.counts.blockOperations ?? 0)],
    [
      "machine",
      `${summary.machine.cpu}, ${summary.machine.cores} cores, ${formatNumber(summary.machine.memoryGiB)} GiB, Node ${summary.machine.node}`,
    ],
    ["kvproof", `${summary.tool.version}${summary.tool.git ? ` (${summary.tool.git.slice(0, 12)})` : ""}`],
  ]);
}

export function runReportHtml(run: RunView): string {
  const { summary, judged } = run;
  const body = [
    `<p class="muted">kvproof run report</p><h1>${escapeHtml(summary.title)}</h1>`,
    verdictBox(summary),
    runFacts(run),
    judged
      ? propertiesSection(judged) + thresholdsSection(judged) + faultsSection(judged)
      : "<p>The run ended before there was anything to judge.</p>",
    judged
      ? timelineSection(judged) + distributionsSection(judged) + divergenceSection(judged) + seriesSection(judged)
      : "",
    profilesSection(run.profiles),
    section("repeat", "Repeat it", `<pre>${escapeHtml(summary.repro)}</pre>`),
  ];
  return page(`${summary.scenario}: ${summary.verdict}`, body.join("\n"));
}
