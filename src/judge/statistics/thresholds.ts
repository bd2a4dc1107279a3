/** Threshold expressions of scenarios: `p99 < 50`, `value >= 0.9`, on the measures of statistics/measures.ts. */
import { UsageError } from "../../base/errors.js";
import type { SutCapabilities } from "../history/records.js";
import type { Distribution, ThresholdResult } from "../verdict.js";
import { FIGURES } from "./figures.js";
import { SHARES } from "./measures.js";

export const STATISTICS = ["min", "mean", "p50", "p90", "p99", "p999", "max", "count"] as const;
/** Of a share or figure, which is one number: any statistic but `count` means it. */
export const VALUE = "value";
export type Statistic = (typeof STATISTICS)[number] | typeof VALUE;

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
      `threshold "${expression}" is not "<statistic> <comparison> <number>" with a statistic of ${STATISTICS.join(", ")}, or ${VALUE} for a share`,
    );
  }
  return { statistic, comparison: comparison as Comparison, limit: Number(limit) };
}

/** Why a well-formed threshold makes no sense for its measure; null when it does. */
export function misfit(measure: string, { statistic }: Threshold): string | null {
  if (measure in SHARES || measure in FIGURES)
    return statistic === "count" ? `${measure} is one number and has no count` : null;
  return statistic === VALUE ? `${measure} is a distribution: say which of ${STATISTICS.join(", ")} is meant` : null;
}

function isStatistic(name: string | undefined): name is Statistic {
  return name === VALUE || (STATISTICS as readonly (string | undefined)[]).includes(name);
}

/**
 * A measure that has no values decides nothing: unknown, unless the threshold is about their number, or the system under test
 * cannot give any.
 */
export function checkThresholds(
  thresholds: Readonly<Record<string, readonly string[]>>,
  distributions: readonly Distribution[],
  shares: Readonly<Partial<Record<string, number>>> = {},
  capabilities?: SutCapabilities,
): ThresholdResult[] {
  return Object.entries(thresholds).flatMap(([measure, expressions]) => {
    if (capabilities !== undefined && !applies(measure, capabilities)) {
      return expressions.map((expression) => ({
        measure,
        expression,
        measured: null,
        verdict: "not-applicable" as const,
      }));
    }
    const distribution = distributions.find((d) => d.measure === measure);
    return expressions.map((expression) => check(measure, expression, distribution ?? shares[measure]));
  });
}

/** What a measure is measured by; others need nothing of the system under test. */
const NEEDS: Readonly<Record<string, "match" | "route">> = {
  query_ms: "match",
  visibility_ms: "match",
  invalidation_ms: "match",
  converge_ms: "match",
  route_ms: "route",
  flip_ms: "route",
  decision_ms: "route",
};

function applies(measure: string, capabilities: SutCapabilities): boolean {
  const need = NEEDS[measure];
  return need === undefined || capabilities[need];
}

function check(measure: string, expression: string, found: Distribution | number | undefined): ThresholdResult {
  let threshold: Threshold;
  try {
    threshold = parseThreshold(expression);
  } catch {
    return { measure, expression, measured: null, verdict: "unknown" };
  }
  const measured = statisticOf(found, threshold);
  if (measured === null) return { measure, expression, measured, verdict: "unknown" };
  const holds = COMPARISONS[threshold.comparison](measured, threshold.limit);
  return { measure, expression, measured, verdict: holds ? "pass" : "fail" };
}

function statisticOf(found: Distribution | number | undefined, { statistic }: Threshold): number | null {
  if (typeof found === "number") return statistic === "count" ? null : found;
  if (found === undefined || statistic === VALUE) return null;
  return found.count === 0 && statistic !== "count" ? null : found[statistic];
}
