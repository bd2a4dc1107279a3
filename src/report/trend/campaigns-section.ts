/** How many runs of each campaign passed, did not and stayed unknown: one bar per campaign. */
import { VERDICT_WORD } from "../format.js";
import { categoryAxis, chartHtml, FAIL, grid, legend, MUTED, PASS, UNKNOWN, valueAxis } from "../html/chart.js";
import { badge, dataTable, section } from "../html/markup.js";
import { MAX_POINTS } from "./figure-trends.js";
import type { StoredCampaign } from "./stored-campaigns.js";
import { commitOf } from "./words.js";

const KINDS = [
  { name: "pass", colour: PASS, verdicts: ["pass"] },
  { name: "fail or broke", colour: FAIL, verdicts: ["fail", "error"] },
  { name: "unknown", colour: UNKNOWN, verdicts: ["unknown"] },
  { name: "interrupted", colour: MUTED, verdicts: ["interrupted"] },
] as const;

export function campaignsSection(campaigns: readonly StoredCampaign[]): string {
  const shown = campaigns.slice(-MAX_POINTS);
  if (shown.length === 0) return "";
  const counts = KINDS.map(({ verdicts }) =>
    shown.map(({ runs }) => runs.filter(({ verdict }) => (verdicts as readonly string[]).includes(verdict)).length),
  );
  const used = KINDS.map((kind, i) => ({ ...kind, data: counts[i] as number[] })).filter(({ data }) =>
    data.some(Boolean),
  );
  const chart = chartHtml({
    label: `Runs of each campaign by verdict: ${used.map(({ name }) => name).join(", ")}`,
    heightPx: 220,
    option: (narrow) => ({
      grid: grid(narrow),
      legend: { ...legend, itemGap: 20 },
      xAxis: categoryAxis(shown.map(({ startedAt }) => startedAt.slice(5, 16).replace("T", " "))),
      yAxis: valueAxis("", { minInterval: 1 }),
      series: used.map(({ name, colour, data }) => ({
        type: "bar",
        stack: "runs",
        name,
        data,
        color: colour,
        barMaxWidth: 26,
      })),
    }),
  });
  const rows = shown.map((campaign, i) => [
    campaign.startedAt,
    commitOf(campaign),
    badge(campaign.verdict),
    ...KINDS.map((_, kind) => counts[kind]?.[i] ?? 0),
    campaign.folder,
  ]);
  const head = ["started", "commit", "verdict", ...KINDS.map(({ name }) => name), "folder"];
  const lead = `Runs of each campaign by verdict; at most the newest ${MAX_POINTS} campaigns. ${VERDICT_WORD.unknown}: the run could not have failed, or the machine was too busy to say.`;
  return section("campaigns", "Campaigns", chart + dataTable(head, rows), lead);
}
