/** Where and when the answers left the truth: engine × time, blocks claimed too much or too little. */
import type { Divergence, JudgeReport } from "../../judge/verdict.js";
import { formatMs, formatNumber } from "../format.js";
import { categoryAxis, chartHtml, FAIL, MUTED, UNKNOWN } from "./chart.js";
import { dataTable, section } from "./markup.js";

const MAX_ENGINES = 48;
const ROW_PX = 18;

function worstEngines(divergence: Divergence): number[] {
  const wrong = divergence.engines.map(() => 0);
  for (const cell of divergence.cells) wrong[cell.engine] = (wrong[cell.engine] ?? 0) + cell.extra + cell.missing;
  return wrong
    .map((_, engine) => engine)
    .sort((a, b) => (wrong[b] ?? 0) - (wrong[a] ?? 0) || a - b)
    .slice(0, MAX_ENGINES)
    .sort((a, b) => a - b);
}

type Cell = Divergence["cells"][number];

function heatMap({ divergence, durationMs }: JudgeReport, engines: readonly number[], wrong: readonly Cell[]): string {
  const buckets = Math.max(1, Math.ceil(durationMs / divergence.bucketMs));
  const columns = Array.from({ length: buckets }, (_, bucket) => formatNumber((bucket * divergence.bucketMs) / 1000));
  const most = Math.max(...wrong.map((cell) => cell.extra + cell.missing));
  const names = engines.map((engine) => divergence.engines[engine] as string);
  const longest = Math.max(...names.map((name) => name.length));
  return chartHtml({
    label: "Wrong blocks per engine over time",
    heightPx: engines.length * ROW_PX + 42,
    option: (narrow) => ({
      grid: { left: Math.min(narrow ? 96 : 170, longest * 7 + 14), right: 24, top: 8, bottom: 26 },
      xAxis: categoryAxis(columns, { name: "s", nameTextStyle: { color: MUTED } }),
      yAxis: categoryAxis(names, { inverse: true }),
      visualMap: {
        show: false,
        type: "piecewise",
        pieces: [
          { lte: most / 2, color: UNKNOWN },
          { gt: most / 2, color: FAIL },
        ],
      },
      series: [
        {
          type: "heatmap",
          data: wrong.flatMap((cell) => {
            const row = engines.indexOf(cell.engine);
            return row < 0 ? [] : [[cell.bucket, row, cell.extra + cell.missing]];
          }),
        },
      ],
    }),
  });
}

export function divergenceSection(judged: JudgeReport): string {
  const { divergence } = judged;
  const wrong = divergence.cells.filter((cell) => cell.extra + cell.missing > 0);
  if (divergence.engines.length === 0) return "";
  if (wrong.length === 0) {
    return section(
      "divergence",
      "Divergence",
      "<p>No answer differed from the truth within the bounds, at any engine, at any time.</p>",
    );
  }
  const engines = worstEngines(divergence);
  const chart = heatMap(judged, engines, wrong);
  const data = dataTable(
    ["from", "engine", "claimed too much (blocks)", "claimed too little (blocks)"],
    wrong.map((cell) => [
      formatMs(cell.bucket * divergence.bucketMs),
      divergence.engines[cell.engine] as string,
      cell.extra,
      cell.missing,
    ]),
  );
  return section(
    "divergence",
    "Divergence",
    chart + data,
    "Answers compared with what each engine certainly or possibly held. What lies within the staleness bound is not counted. Red marks more than half of the worst.",
  );
}
