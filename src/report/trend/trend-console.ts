/** Trends on a terminal: a row of verdicts per scenario, what is worth a look, figures of those asked for, coverage. */
import { bars } from "../../base/bars.js";
import { columns } from "../console/summary.js";
import type { Paint } from "../console/paint.js";
import { COVERAGE_KINDS } from "../coverage/coverage-history.js";
import { coverageLine, ROOM_HEAD, roomRows, valuesOf } from "../coverage/coverage-words.js";
import { formatNumber, VERDICT_SIGN } from "../format.js";
import type { ScenarioTrend } from "./scenario-trends.js";
import type { TrendView } from "./trend-view.js";
import {
  figureWords,
  nameOf,
  passedWords,
  sinceWords,
  spanWords,
  tookOf,
  VERDICT_LEGEND,
  worthALook,
} from "./words.js";

/** As many of the newest runs as fit a line. */
const WIDTH = 30;
const COLOURS = { pass: "green", fail: "red", error: "red", unknown: "yellow", interrupted: "dim" } as const;

/** `figures`: those of every scenario shown, too. */
export function trendLines(view: TrendView, paint: Paint, figures: boolean): string[] {
  const { scenarios } = view;
  return [
    ...(scenarios.length === 0 ? [] : [paint.bold(spanWords(view)), paint.dim(VERDICT_LEGEND), ""]),
    ...columns(scenarios.map((trend) => scenarioRow(trend, paint))),
    ...looks(view, paint),
    ...(figures ? scenarios.flatMap((trend) => figureLines(trend, paint)) : []),
    ...coverageLines(view, paint),
  ];
}

function scenarioRow(trend: ScenarioTrend, paint: Paint): string[] {
  const took = tookOf(trend);
  return [
    nameOf(trend),
    trend.runs
      .slice(-WIDTH)
      .map(({ verdict }) => paint[COLOURS[verdict]](VERDICT_SIGN[verdict]))
      .join(""),
    passedWords(trend),
    took === undefined
      ? ""
      : `${bars(took.points.slice(-WIDTH).map(({ value }) => value))} ${formatNumber(took.points.at(-1)?.value ?? Number.NaN)} s`,
    trend.since === null ? "" : paint.dim(sinceWords(trend.since)),
  ];
}

function looks(view: TrendView, paint: Paint): string[] {
  const found = worthALook(view);
  if (found.length === 0) return [];
  return ["", paint.bold("Worth a look"), ...found.map(({ scenario, what }) => `  ${paint.yellow(scenario)}  ${what}`)];
}

function figureLines(trend: ScenarioTrend, paint: Paint): string[] {
  const rows = trend.figures.map((figure) => [
    figure.name,
    bars(figure.points.slice(-WIDTH).map(({ value }) => value)),
    `${figureWords(figure)} (${figure.better} is better)`,
  ]);
  return ["", paint.bold(nameOf(trend)), ...columns(rows).map((line) => `  ${line}`)];
}

function coverageLines({ coverage }: TrendView, paint: Paint): string[] {
  const last = coverage.at(-1);
  if (last === undefined) return [];
  const rows = COVERAGE_KINDS.map((kind) => [
    kind,
    bars(valuesOf(coverage.slice(-WIDTH), kind)),
    `${last.total[kind]} %`,
  ]);
  return [
    "",
    `${paint.bold("Coverage")}  ${coverageLine(last, coverage.at(-2))}`,
    ...columns(rows).map((line) => `  ${line}`),
    ...columns([[...ROOM_HEAD], ...roomRows(coverage)], [1, 2, 3, 4, 5]).map((line) => `  ${line}`),
  ];
}
