/** What is asked over several benchmarks together, and of the receiving path alone. */
import type { ThresholdResult } from "../../../src/judge/verdict.js";
import type { WireReport } from "../wire/measure.js";
import type { BenchmarkResult } from "./results.js";

/** Batches per second over a real socket into the index, on one core, with nothing lost. */
const WIRE_PER_S = 60_000;
/** Cost per event with 100 engines over that with 10. */
const ENGINE_GROWTH = 1.5;

export function overallThresholds(results: readonly BenchmarkResult[], wire: WireReport | null): ThresholdResult[] {
  return [...(wire === null ? [] : [wireThreshold(wire)]), ...growthThreshold(results)];
}

function wireThreshold({ kneePerS, limit }: WireReport): ThresholdResult {
  const reached = kneePerS !== null && kneePerS >= WIRE_PER_S * 0.995;
  // A publisher that could not send more says nothing about the subscriber.
  const verdict = reached ? "pass" : limit === "generator" ? "unknown" : "fail";
  return { measure: "wire_batches_per_s", expression: `value >= ${WIRE_PER_S}`, measured: kneePerS, verdict };
}

/** CPU per event at the highest rate that both fleets keep up with is compared by their whole rising loads. */
export function costGrowth(results: readonly BenchmarkResult[]): number | null {
  const costOf = (engines: number): number | undefined =>
    results.find(({ scenario }) => scenario === `benchmark/throughput-system-${engines}`)?.figures
      .cpu_s_per_million_events;
  const [few, many] = [costOf(10), costOf(100)];
  return few === undefined || many === undefined || few === 0 ? null : many / few;
}

function growthThreshold(results: readonly BenchmarkResult[]): ThresholdResult[] {
  const growth = costGrowth(results);
  if (growth === null) return [];
  const measured = Math.round(growth * 100) / 100;
  const expression = `value <= ${ENGINE_GROWTH}`;
  return [
    { measure: "cost_growth_10_to_100", expression, measured, verdict: growth <= ENGINE_GROWTH ? "pass" : "fail" },
  ];
}
