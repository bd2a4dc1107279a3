/** Latencies: the table everyone wants first, then the whole percentile spectrum on a 1/(1-p) axis. */
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import type { Distribution, JudgeReport } from "../../judge/verdict.js";
import { formatNumber } from "../format.js";
import { chartHtml, grid, legend, SERIES_COLOURS, valueAxis } from "./chart.js";
import { dataTable, section, table } from "./markup.js";

const PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99];
const MAX_CURVES = 6;

/** Curve points: x = 1/(1-p), y = ms. Stops where a percentile would stand on less than one sample. */
function curve(distribution: Distribution): [number, number][] {
  const histogram = decodeFromCompressedBase64(distribution.hdr);
  try {
    // The histogram's unit is what makes its median equal the stated one: judges record in microseconds.
    const scale = distribution.p50 > 0 ? distribution.p50 / Math.max(1, histogram.getValueAtPercentile(50)) : 0.001;
    return PERCENTILES.filter((p) => p === 0 || distribution.count * (1 - p / 100) >= 1).map((p) => [
      1 / (1 - p / 100),
      Math.max(0.001, histogram.getValueAtPercentile(p) * scale),
    ]);
  } finally {
    histogram.destroy();
  }
}

export function distributionRows(distributions: readonly Distribution[]): string[][] {
  return distributions.map((d) => [
    d.measure,
    formatNumber(d.count),
    ...[d.min, d.mean, d.p50, d.p90, d.p99, d.p999, d.max].map(formatNumber),
  ]);
}

export const DISTRIBUTION_HEAD = [
  "measure (ms)",
  "samples",
  "min",
  "mean",
  "p50",
  "p90",
  "p99",
  "p99.9",
  "max",
] as const;

export function distributionsSection(judged: JudgeReport): string {
  const all = judged.distributions.filter((distribution) => distribution.count > 0);
  if (all.length === 0) return "";
  const curves = all.slice(0, MAX_CURVES).map((distribution) => ({ distribution, points: curve(distribution) }));
  const chart = chartHtml({
    label: `Latency by percentile: ${all.map((d) => d.measure).join(", ")}`,
    heightPx: 260,
    option: (narrow) => ({
      grid: { ...grid(narrow), top: narrow ? 84 : 40 },
      legend,
      xAxis: valueAxis("", {
        type: "log",
        min: 1,
        splitLine: { show: false },
        axisLabel: {
          color: "#010102",
          fontSize: 11,
          formatter: (x: number) => `${Number((100 * (1 - 1 / x)).toFixed(3))} %`,
        },
      }),
      yAxis: valueAxis("", { type: "log" }),
      series: curves.map(({ distribution, points }, index) => ({
        type: "line",
        name: distribution.measure,
        color: SERIES_COLOURS[index % SERIES_COLOURS.length],
        symbolSize: 4,
        data: points,
      })),
    }),
  });
  const data = dataTable(
    ["measure", ...PERCENTILES.map((p) => `${p} %`)],
    curves.map(({ distribution, points }) => [distribution.measure, ...points.map(([, ms]) => formatNumber(ms))]),
  );
  return section(
    "latency",
    "Latency",
    table(DISTRIBUTION_HEAD, distributionRows(all)) + chart + data,
    "Open loop: times count from when a request was due, so waiting behind a slow system is part of them.",
  );
}
