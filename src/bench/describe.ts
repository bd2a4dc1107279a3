/** A comparison as lines for people, in the manner of benchstat. */
import type { Comparison, MetricResult } from "./compare.js";

const percent = (logRatio: number): string => {
  const share = Math.expm1(logRatio) * 100;
  return `${share >= 0 ? "+" : ""}${share.toFixed(1)} %`;
};

const figure = (value: number | null): string =>
  value === null ? "-" : value >= 100 ? value.toFixed(0) : value.toFixed(2);

/** Positive changes are worse, whatever the metric. */
export function comparisonLines(comparison: Comparison): string[] {
  const limit = percent(Math.log1p(comparison.limit));
  const noisy = Object.entries(comparison.control).filter(([, { quiet }]) => !quiet);
  const tries = comparison.controlsMade > 1 ? ` (at try ${comparison.controlsMade})` : "";
  return [
    `${comparison.verdict}: candidate against baseline, worse (+) by more than ${limit} fails`,
    "",
    ...comparison.metrics.map(metricLine),
    "",
    `control, baseline against itself: ${noisy.length === 0 ? "quiet" : "NOISY"}${tries}`,
    ...Object.entries(comparison.control).map(
      ([metric, { estimate, low, high, detectable, quiet }]) =>
        `  ${metric.padEnd(22)} ${percent(estimate)} [${percent(low)}, ${percent(high)}]  detectable ${percent(Math.log1p(detectable))}${quiet ? "" : "  too noisy to decide"}`,
    ),
  ];
}

function metricLine(result: MetricResult): string {
  const { metric, baseline, candidate, unit, estimate, low, high, pairs, verdict, warning, improved } = result;
  const head = `  ${metric.padEnd(22)} ${figure(baseline)} → ${figure(candidate)} ${unit}`;
  if (verdict === "missing") return `${head}  FAIL: the candidate does not measure it any more`;
  if (verdict === "new") return `${head}  new: nothing to compare with`;
  const change = `${percent(estimate)} [${percent(low)}, ${percent(high)}]  n=${pairs}`;
  const note = improved
    ? "  better by more than the limit: is the work still done?"
    : warning
      ? "  (not proven below the limit)"
      : "";
  return `${head}  ${change}  ${verdict === "fail" ? "FAIL" : verdict}${note}`;
}
