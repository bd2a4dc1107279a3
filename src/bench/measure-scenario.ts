/** One unit of a comparison by scenario: a whole run by one build, and the declared few of its figures. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UnavailableError } from "../base/errors.js";
import type { Build } from "./build.js";
import type { Metric, Sample } from "./measure.js";
import { runBuild } from "./run-build.js";

const RUN_TIMEOUT_MS = 15 * 60_000;

/** Of the figures and distributions in a run's properties.json. What a build or scenario does not measure is left out. */
export const SCENARIO_METRICS: readonly Metric[] = [
  { id: "knee_per_s", unit: "batches/s", better: "higher" },
  { id: "cpu_s_per_million_events", unit: "CPU s", better: "lower" },
  { id: "visibility_ms p50", unit: "ms", better: "lower" },
  { id: "visibility_ms p99", unit: "ms", better: "lower" },
  { id: "query_ms p50", unit: "ms", better: "lower" },
  { id: "gateway_rss_mib", unit: "MiB", better: "lower" },
  { id: "bytes_per_block", unit: "B", better: "lower", exact: true },
];

const judgedShape = z.object({
  verdict: z.enum(["pass", "fail", "unknown"]),
  headline: z.string(),
  distributions: z.array(z.object({ measure: z.string(), count: z.number(), p50: z.number(), p99: z.number() })),
  figures: z.record(z.string(), z.number()).default({}),
});

/**
 * @throws UnavailableError KVP_E_BENCHMARK_FAILED when the run fails, is unknown, measured nothing, or lost batches: a build that
 *   skips work is fast
 */
export function measureScenario(build: Build, scenario: string, seed: number, signal: AbortSignal): Promise<Sample> {
  const program = join(dirname(build.entry), "kvproof.js");
  return runBuild({
    build,
    timeoutMs: RUN_TIMEOUT_MS,
    signal,
    args: (folder) => [program, "run", scenario, "--quiet", "--seed", String(seed), "--out", folder],
    read: (folder) => scenarioSample(JSON.parse(readFileSync(judgedFile(folder), "utf8")), build),
  });
}

function judgedFile(folder: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(
    (name) => name.endsWith("properties.json") && !name.includes("latest"),
  );
  return join(folder, found ?? "properties.json");
}

export function scenarioSample(judged: unknown, { label }: Pick<Build, "label">): Sample {
  const failed = (why: string) => new UnavailableError("KVP_E_BENCHMARK_FAILED", `${label}: ${why}`);
  const { data } = judgedShape.safeParse(judged);
  if (data === undefined) throw failed("its properties.json is not one that this kvproof reads");
  const lost = data.figures.lost_batches ?? 0;
  if (lost > 0) throw failed(`${lost} batches were sent and not applied`);
  const known = new Map(Object.entries(data.figures));
  for (const { measure, count, p50, p99 } of data.distributions) {
    if (count > 0) known.set(`${measure} p50`, p50).set(`${measure} p99`, p99);
  }
  const sample = SCENARIO_METRICS.flatMap(({ id }) => {
    const value = known.get(id);
    return value === undefined || !(value > 0) ? [] : [[id, value] as const];
  });
  if (sample.length === 0) throw failed("the run measured none of the figures that are compared");
  return Object.fromEntries(sample);
}
