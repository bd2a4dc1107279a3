/** Trends as one HTML file: no script, no request to anywhere. */
import { coverageSection } from "../coverage/coverage-section.js";
import { formatNumber, VERDICT_SIGN } from "../format.js";
import { escapeHtml, markup, section, table } from "../html/markup.js";
import { facts, page } from "../html/page.js";
import { sparkSvg } from "../html/spark.js";
import { meaningOf } from "../../judge/key-figures.js";
import { campaignsSection } from "./campaigns-section.js";
import { type FigureTrend, MAX_POINTS } from "./figure-trends.js";
import type { ScenarioTrend } from "./scenario-trends.js";
import type { StoredRun } from "./stored-campaigns.js";
import type { TrendView } from "./trend-view.js";
import {
  commitOf,
  figureWords,
  minute,
  nameOf,
  passedWords,
  runWords,
  sinceWords,
  spanWords,
  tookOf,
  VERDICT_LEGEND,
  worthALook,
} from "./words.js";

/** A tip says which run it was; the run's report says the rest. */
const MAX_TIP = 160;

export function trendPage(view: TrendView): string {
  const { campaigns, scenarios, coverage, notes } = view;
  const newest = campaigns.at(-1);
  const body = [
    `<p class="muted">kvproof trends</p><h1>${escapeHtml(scenarios.length === 0 ? "Coverage over time" : spanWords(view))}</h1>`,
    facts([
      ["stored in", view.root],
      ["scenarios", formatNumber(scenarios.length)],
      ["runs", formatNumber(scenarios.reduce((sum, { runs }) => sum + runs.length, 0))],
      ...(newest === undefined
        ? []
        : [["newest campaign", `${minute(newest.startedAt)}, ${commitOf(newest)}`] as const]),
    ]),
    looksSection(view),
    campaignsSection(campaigns),
    scenariosSection(scenarios),
    figuresSection(scenarios),
    coverageSection(coverage),
    notesSection(notes),
  ];
  return page("kvproof trends", body.join("\n"));
}

function looksSection(view: TrendView): string {
  const found = worthALook(view);
  if (view.scenarios.length === 0) return "";
  if (found.length === 0)
    return '<div class="verdict pass"><p>Every scenario passed when it last ran, and nothing became clearly worse.</p></div>';
  const items = found.map(
    ({ scenario, what }) => `<li><strong>${escapeHtml(scenario)}</strong> ${escapeHtml(what)}</li>`,
  );
  return section("look", "Worth a look", `<ul>${items.join("\n")}</ul>`);
}

function scenariosSection(scenarios: readonly ScenarioTrend[]): string {
  if (scenarios.length === 0) return "";
  const rows = scenarios.map((trend) => [
    nameOf(trend),
    markup(`<span class="row">${trend.runs.slice(-MAX_POINTS).map(signOf).join("")}</span>`),
    passedWords(trend),
    markup(sparkOf(tookOf(trend), nameOf(trend))),
    formatNumber(tookOf(trend)?.points.at(-1)?.value ?? Number.NaN),
    roomy(trend.since === null ? "" : sinceWords(trend.since)),
  ]);
  const head = ["scenario", "verdicts", "passed", "took", "s", "changed"];
  return section(
    "scenarios",
    "Scenarios",
    table(head, rows),
    `${VERDICT_LEGEND}. At most the newest ${MAX_POINTS} runs.`,
  );
}

function signOf(run: StoredRun): string {
  const tip = runWords(run).slice(0, MAX_TIP);
  return `<span class="badge ${run.verdict}" title="${escapeHtml(tip)}">${VERDICT_SIGN[run.verdict]}</span>`;
}

function figuresSection(scenarios: readonly ScenarioTrend[]): string {
  const measured = scenarios.filter(({ figures }) => figures.length > 0);
  if (measured.length === 0) return "";
  const lead =
    "Only runs of the newest one's length on the newest one's machine are compared. Usual: the median of up to ten runs before. A red dot: twice in a row worse than all runs before, and than usual by more than 25 %; a warning, never a verdict.";
  return section("figures", "Figures", measured.map(figuresOf).join("\n"), lead);
}

function figuresOf(trend: ScenarioTrend): string {
  const warned = trend.figures.some(({ warning }) => warning);
  const rows = trend.figures.map((figure) => [
    markup(`<span title="${escapeHtml(meaningOf(figure.name))}">${escapeHtml(figure.name)}</span>`),
    markup(sparkOf(figure, figure.name)),
    roomy(figureWords(figure)),
    `${figure.better} is better`,
    warningCell(figure),
  ]);
  return `<details${warned ? " open" : ""}><summary>${escapeHtml(nameOf(trend))}</summary>${table(["figure", "over its runs", "newest", "", ""], rows)}</details>`;
}

/** Words that a narrow screen must not break after each. */
function roomy(words: string): ReturnType<typeof markup> {
  return markup(words === "" ? "" : `<div class="roomy">${escapeHtml(words)}</div>`);
}

function warningCell({ warning }: FigureTrend): ReturnType<typeof markup> {
  return warning ? markup('<span class="badge fail">worse</span>') : markup("");
}

function sparkOf(figure: FigureTrend | undefined, label: string): string {
  if (figure === undefined) return "";
  const points = figure.points.map(({ run, value }) => ({
    value,
    tip: `${run.startedAt}, ${commitOf(run)}: ${formatNumber(value)}`,
  }));
  return sparkSvg(label, points, figure.warning);
}

function notesSection(notes: readonly string[]): string {
  if (notes.length === 0) return "";
  const items = notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("\n");
  return section("notes", "Passed over", `<ul>${items}</ul>`, "What is not part of this page, and why.");
}
