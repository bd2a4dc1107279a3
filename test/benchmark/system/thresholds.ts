/** What is asked over several benchmarks together, and of the receiving path alone. */
import type { LoadStep, ThresholdResult } from "../../../src/judge/verdict.js";
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

/** CPU per batch at the highest rate that both fleets kept up with: whatever each does beside its events is in it. */
export function costGrowth(results: readonly BenchmarkResult[]): number | null {
  const [few, many] = [costsOf(results, 10), costsOf(results, 100)];
  const common = Math.max(...[...few.keys()].filter((rate) => many.has(rate)));
  const [fewCost, manyCost] = [few.get(common), many.get(common)];
  return fewCost === undefined || manyCost === undefined ? null : manyCost / fewCost;
}

function costsOf(results: readonly BenchmarkResult[], engines: number): ReadonlyMap<number, number> {
  return costsByRate(results.find(({ scenario }) => scenario === `benchmark/throughput-system-${engines}`)?.load ?? []);
}

/** CPU microseconds per batch by offered rate, of the steps that everything kept up with. */
export function costsByRate(steps: readonly LoadStep[]): ReadonlyMap<number, number> {
  return new Map(
    steps.flatMap(({ offeredPerS, limit, cpuUsPerBatch }): [number, number][] =>
      limit === null && cpuUsPerBatch ? [[offeredPerS, cpuUsPerBatch]] : [],
    ),
  );
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
