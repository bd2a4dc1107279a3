/**
 * The core's figures in the shape that all benchmarks share: a name that stays, a unit, which way is better, and the work behind
 * the value, so that a figure without work is seen.
 */
import type { Figure } from "../../../src/bench/stored-results.js";
import type { Removal } from "./measure.js";
import type { WorkloadResult } from "./report.js";

const RATE = "M block operations per CPU s";

export function coreFigures(workloads: readonly WorkloadResult[], removal: Removal | null): Figure[] {
  const figures = workloads.flatMap(figuresOf);
  if (removal === null) return figures;
  return [...figures, { name: "engine of 10 leaves", unit: "ms", better: "lower", value: removal.forget_ms, work: 9 }];
}

function figuresOf({ workload, ingest_mops, decode_mops, match, ...rest }: WorkloadResult): Figure[] {
  const rates = Object.entries({ ingest: ingest_mops, decode: decode_mops }).flatMap(([what, forms]) =>
    Object.entries(forms).map(([form, { median, runs }]) => ({
      name: `${workload} ${what} ${form}`,
      unit: RATE,
      better: "higher" as const,
      value: median,
      work: runs,
    })),
  );
  const latencies = Object.entries(match).flatMap(([kind, { p50_us, p99_us, questions }]) =>
    Object.entries({ p50: p50_us, p99: p99_us }).map(([at, value]) => ({
      name: `${workload} match ${kind} ${at}`,
      unit: "us",
      better: "lower" as const,
      value,
      work: questions,
    })),
  );
  const bytes = { name: `${workload} bytes per block`, unit: "B", better: "lower", work: rest.questions } as const;
  return [...rates, ...latencies, { ...bytes, value: rest.bytes_per_resident_block }];
}
