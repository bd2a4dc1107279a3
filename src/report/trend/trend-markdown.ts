/** Trends as Markdown: what the summary of a CI run shows. */
import { bars } from "../../base/bars.js";
import { COVERAGE_KINDS } from "../coverage/coverage-history.js";
import { coverageLine, ROOM_HEAD, roomRows, valuesOf } from "../coverage/coverage-words.js";
import { formatNumber, VERDICT_SIGN } from "../format.js";
import { limited, markdownTable } from "../markdown.js";
import type { ScenarioTrend } from "./scenario-trends.js";
import type { TrendView } from "./trend-view.js";
import { nameOf, passedWords, sinceWords, spanWords, tookOf, VERDICT_LEGEND, worthALook } from "./words.js";

const WIDTH = 20;
const plain = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

export function trendMarkdown(view: TrendView): string {
  const parts = [...campaignParts(view), ...coverageParts(view)];
  return limited(`${parts.join("\n")}\n`);
}

function campaignParts(view: TrendView): string[] {
  if (view.scenarios.length === 0) return [];
  const found = worthALook(view).map(({ scenario, what }) => `- **${plain(scenario)}** ${plain(what)}`);
  return [
    "### Scenarios over time",
    "",
    `${spanWords(view)}. ${VERDICT_LEGEND}`,
    "",
    ...found,
    ...(found.length > 0 ? [""] : []),
    markdownTable(["scenario", "verdicts", "passed", "took (s)", "changed"], view.scenarios.map(scenarioRow)),
    "",
  ];
}

function scenarioRow(trend: ScenarioTrend): string[] {
  const took =
    tookOf(trend)
      ?.points.slice(-WIDTH)
      .map(({ value }) => value) ?? [];
  return [
    plain(nameOf(trend)),
    trend.runs
      .slice(-WIDTH)
      .map(({ verdict }) => VERDICT_SIGN[verdict])
      .join(""),
    passedWords(trend),
    took.length === 0 ? "" : `${bars(took)} ${formatNumber(took.at(-1) ?? Number.NaN)}`,
    trend.since === null ? "" : plain(sinceWords(trend.since)),
  ];
}

function coverageParts({ coverage }: TrendView): string[] {
  const last = coverage.at(-1);
  if (last === undefined) return [];
  const row = COVERAGE_KINDS.map((kind) => `${kind} ${bars(valuesOf(coverage.slice(-WIDTH), kind))}`).join(" · ");
  return [
    "### Coverage",
    "",
    `${coverageLine(last, coverage.at(-2))}. In brackets: points against the measurement before.`,
    "",
    row,
    "",
    markdownTable(ROOM_HEAD, roomRows(coverage)),
    "",
  ];
}
