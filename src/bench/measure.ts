/** One unit of measurement: a fresh process of one build on fixed work, and the figures that it must give. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UnavailableError } from "../base/errors.js";
import type { Build } from "./build.js";
import { runBuild } from "./run-build.js";

const UNIT_TIMEOUT_MS = 120_000;
const REPORT = "core.json";

export interface Metric {
  readonly id: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** Nearly free of noise: decided by medians of few runs, without intervals. */
  readonly exact?: true;
}

/** The declared few that gate; everything else is report only. */
export const METRICS: readonly Metric[] = [
  { id: "ingest map", unit: "M block operations per CPU s", better: "higher" },
  { id: "ingest array", unit: "M block operations per CPU s", better: "higher" },
  { id: "decode map", unit: "M block operations per CPU s", better: "higher" },
  { id: "match 128 blocks p50", unit: "us", better: "lower" },
  { id: "match 625 blocks p50", unit: "us", better: "lower" },
  { id: "bytes per block", unit: "B", better: "lower", exact: true },
];

export type Sample = Readonly<Record<string, number>>;

const spread = z.object({ median: z.number() });
const reportShape = z.object({
  workloads: z
    .array(
      z.object({
        ingest_mops: z.record(z.string(), spread),
        decode_mops: z.record(z.string(), spread).optional(),
        match: z.record(z.string(), z.object({ p50_us: z.number() })),
        bytes_per_resident_block: z.number(),
        questions: z.number(),
        wrong_answers: z.record(z.string(), z.number()),
      }),
    )
    .length(1),
});

/** @throws UnavailableError KVP_E_BENCHMARK_FAILED when the process fails, answers wrongly, or did no work. */
export function measureOnce(build: Build, seed: number, signal: AbortSignal): Promise<Sample> {
  return runBuild({
    build,
    timeoutMs: UNIT_TIMEOUT_MS,
    signal,
    args: (folder) => {
      const json = join(folder, REPORT);
      return [build.entry, "--quick", "--only", "own/main", "--seed", String(seed), "--json", json];
    },
    read: (folder) => sampleOf(JSON.parse(readFileSync(join(folder, REPORT), "utf8")), build),
  });
}

/** Figures by metric id; one that a build does not give is left out. */
export function sampleOf(report: unknown, { label }: Build): Sample {
  const parsed = reportShape.safeParse(report);
  const workload = parsed.data?.workloads[0];
  if (workload === undefined)
    throw new UnavailableError("KVP_E_BENCHMARK_FAILED", `${label}: its report is not one of bench:core`);
  const wrong = Object.values(workload.wrong_answers).reduce((sum, count) => sum + count, 0);
  if (wrong > 0 || workload.questions === 0)
    throw new UnavailableError(
      "KVP_E_BENCHMARK_FAILED",
      `${label}: ${wrong} wrong answers of ${workload.questions} questions`,
    );
  const figures: Record<string, number | undefined> = {
    "ingest map": workload.ingest_mops.map?.median,
    "ingest array": workload.ingest_mops.array?.median,
    "decode map": workload.decode_mops?.map?.median,
    "match 128 blocks p50": workload.match["128"]?.p50_us,
    "match 625 blocks p50": workload.match["625"]?.p50_us,
    "bytes per block": workload.bytes_per_resident_block,
  };
  for (const [metric, value] of Object.entries(figures)) {
    if (value !== undefined && !(value > 0))
      throw new UnavailableError("KVP_E_BENCHMARK_FAILED", `${label}: ${metric} is ${value}: no work was done`);
  }
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
