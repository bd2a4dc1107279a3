/** Threshold expressions of scenarios: `p99 < 50`, on the measures of statistics/measures.ts. */
import { UsageError } from "../../base/errors.js";
import type { Distribution, ThresholdResult } from "../verdict.js";

export const STATISTICS = ["min", "mean", "p50", "p90", "p99", "p999", "max", "count"] as const;
export type Statistic = (typeof STATISTICS)[number];

const COMPARISONS = {
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
} as const;
type Comparison = keyof typeof COMPARISONS;

export interface Threshold {
  readonly statistic: Statistic;
  readonly comparison: Comparison;
  /** In the unit of the measure's name. */
  readonly limit: number;
}

const EXPRESSION = /^\s*([a-z]+\d*)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*$/;

/** Throws UsageError (KVP_E_SCENARIO_INVALID) for anything but `<statistic> <comparison> <number>`. */
export function parseThreshold(expression: string): Threshold {
  const [, statistic, comparison, limit] = EXPRESSION.exec(expression) ?? [];
  if (!isStatistic(statistic)) {
    throw new UsageError(
      "KVP_E_SCENARIO_INVALID",
      `threshold "${expression}" is not "<statistic> <comparison> <number>" with a statistic of ${STATISTICS.join(", ")}`,
    );
  }
  return { statistic, comparison: comparison as Comparison, limit: Number(limit) };
}

function isStatistic(name: string | undefined): name is Statistic {
  return (STATISTICS as readonly (string | undefined)[]).includes(name);
}

/** A measure that has no values decides nothing: unknown, unless the threshold is about their number. */
export function checkThresholds(
  thresholds: Readonly<Record<string, readonly string[]>>,
  distributions: readonly Distribution[],
): ThresholdResult[] {
  return Object.entries(thresholds).flatMap(([measure, expressions]) => {
    const distribution = distributions.find((d) => d.measure === measure);
    return expressions.map((expression) => check(measure, expression, distribution));
  });
}

function check(measure: string, expression: string, distribution: Distribution | undefined): ThresholdResult {
  let threshold: Threshold;
  try {
    threshold = parseThreshold(expression);
  } catch {
    return { measure, expression, measured: null, verdict: "unknown" };
  }
  if (distribution === undefined || (distribution.count === 0 && threshold.statistic !== "count")) {
    return { measure, expression, measured: null, verdict: "unknown" };
  }
  const measured = distribution[threshold.statistic];
  const holds = COMPARISONS[threshold.comparison](measured, threshold.limit);
  return { measure, expression, measured, verdict: holds ? "pass" : "fail" };
}
