/** The end of a run on the terminal: verdict, properties, thresholds, latencies, files, how to repeat it. */
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { JudgeReport } from "../../judge/verdict.js";
import { RUN_FILES } from "../../judge/run-summary.js";
import { DEGRADATION_HEAD, degradationRows, faultRows, toldLines } from "../fault-rows.js";
import { type AnyVerdict, formatMs, formatNumber, VERDICT_SIGN, VERDICT_WORD } from "../format.js";
import { distributionRows } from "../html/distributions.js";
import { sortedProperties } from "../html/properties.js";
import type { CampaignView, RunView } from "../run-files.js";
import { type Paint, paintFor } from "./paint.js";
import { scorecardLines } from "./scorecard.js";

const COLOURS = {
  pass: "green",
  fail: "red",
  error: "red",
  unknown: "yellow",
  interrupted: "yellow",
  "not-applicable": "dim",
} as const satisfies Record<AnyVerdict, keyof Paint>;

/** The summary goes to standard output. */
const pc = paintFor(process.stdout);

export function paintVerdict(verdict: AnyVerdict, paint: Paint = pc): string {
  return paint[COLOURS[verdict]](`${VERDICT_SIGN[verdict]} ${VERDICT_WORD[verdict]}`);
}

/** Columns aligned by content; numbers to the right. ANSI codes do not count. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const visible = (text: string): number => stripVTControlCharacters(text).length;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, text] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visible(text));
  }
  return rows.map((row) =>
    row
      .map((text, index) => {
        const pad = " ".repeat((widths[index] ?? 0) - visible(text));
        return right.includes(index) ? pad + text : text + pad;
      })
      .join("  ")
      .trimEnd(),
  );
}

function violationLines(judged: JudgeReport, limit: number): string[] {
  return judged.properties.flatMap((property) =>
    property.violations.slice(0, limit).map((violation) => `  ${pc.red(property.id)} ${violation.summary}`),
  );
}

function propertyLines(judged: JudgeReport): string[] {
  const shown = sortedProperties(judged.properties).filter(
    (p) => p.opportunities > 0 || p.required > 0 || p.verdict === "fail",
  );
  const rows = shown.map((property) => [
    paintVerdict(property.verdict),
    property.id,
    property.title,
    formatNumber(property.opportunities),
    property.verdict === "unknown"
      ? (property.reason?.split("\n")[0] ?? "")
      : property.violationCount > 0
        ? `${formatNumber(property.violationCount)} violations`
        : "",
  ]);
  const idle = judged.properties.length - shown.length;
  return [
    ...columns(rows, [3]).map((line) => `  ${line}`),
    ...(idle > 0 ? [pc.dim(`  ${idle} more were not exercised or are not claimed by this system`)] : []),
  ];
}

function thresholdLines(judged: JudgeReport): string[] {
  if (judged.thresholds.length === 0) return [];
  const rows = judged.thresholds.map((t) => [
    paintVerdict(t.verdict),
    `${t.measure} ${t.expression}`,
    t.measured === null ? "not measured" : formatNumber(t.measured),
  ]);
  return ["", pc.bold("Thresholds"), ...columns(rows).map((line) => `  ${line}`)];
}

function latencyLines(judged: JudgeReport): string[] {
  const distributions = judged.distributions.filter((distribution) => distribution.count > 0);
  if (distributions.length === 0) return [];
  const head = ["ms", "samples", "min", "mean", "p50", "p90", "p99", "p99.9", "max"];
  const lines = columns([head, ...distributionRows(distributions)], [1, 2, 3, 4, 5, 6, 7, 8]);
  return ["", pc.bold("Latency"), ...lines.map((line) => `  ${line}`)];
}

function faultLines(judged: JudgeReport): string[] {
  if (judged.faults.length === 0) return [];
  const degraded = columns([DEGRADATION_HEAD, ...degradationRows(judged.degradation)], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const told = toldLines(judged.faults);
  return ["", pc.bold("Faults"), ...columns(faultRows(judged.faults)), ...degraded, ...told].map((line, i) =>
    i < 2 ? line : `  ${line}`,
  );
}

/** Proofs, properties, thresholds and latencies of one judged history, under its verdict. */
export function judgedLines(judged: JudgeReport): string[] {
  return [
    `${paintVerdict(judged.verdict)} ${judged.headline}`,
    ...violationLines(judged, 3),
    "",
    pc.bold("Properties (opportunities)"),
    ...propertyLines(judged),
    ...thresholdLines(judged),
    ...faultLines(judged),
    ...latencyLines(judged),
  ];
}

/** Lines of a single run, whole. */
export function runLines(run: RunView): string[] {
  const { summary, judged } = run;
  return [
    `${paintVerdict(summary.verdict)} ${pc.bold(summary.scenario)}: ${summary.headline}`,
    ...(summary.error ? [`  ${summary.error.code}: ${summary.error.message}`] : []),
    ...(judged ? judgedLines(judged).slice(1) : []),
    "",
    `Report:  ${join(run.dir, RUN_FILES.report)}`,
    `Repeat:  ${summary.repro}`,
  ];
}

/** Lines of a campaign: one line a scenario, then the properties over all of them. */
export function campaignLines(view: CampaignView): string[] {
  const { summary } = view;
  const scenarioRows = view.runs.map((run) => [
    paintVerdict(run.summary.verdict),
    run.summary.scenario,
    formatMs(run.summary.durationMs),
    run.summary.verdict === "pass" ? "" : run.summary.headline,
  ]);
  const propertyRows = summary.properties.map((property) => [
    paintVerdict(property.verdict),
    property.id,
    property.title,
    formatNumber(property.opportunities),
    property.violations > 0 ? `${formatNumber(property.violations)} violations` : "",
  ]);
  return [
    pc.bold("Scenarios"),
    ...columns(scenarioRows, [2]).map((line) => `  ${line}`),
    "",
    ...scorecardLines(view.scorecard, pc),
    "",
    pc.bold("Properties over all scenarios (opportunities)"),
    ...columns(propertyRows, [3]).map((line) => `  ${line}`),
    "",
    `Verdict: ${paintVerdict(summary.verdict)} ${summary.headline}`,
    `Report:  ${join(view.dir, RUN_FILES.report)}`,
    `Repeat:  ${summary.repro}`,
  ];
}
