/** A run as the judge could have written it, for the renderers' tests: 3 engines, one violated property, hostile names. */
import { scorecardOf } from "../../judge/scorecard.js";
import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import type { RunSummary } from "../../judge/run-summary.js";
import type { Degradation, Distribution, JudgeReport, PropertyResult, TimelineItem } from "../../judge/verdict.js";
import type { CampaignView, RunView } from "../run-files.js";

function property(id: string, verdict: PropertyResult["verdict"], extra: Partial<PropertyResult> = {}): PropertyResult {
  return {
    id,
    title: `property ${id}`,
    kind: "always",
    statement: `What ${id} means, at some length, so that lines wrap.`,
    verdict,
    opportunities: verdict === "unknown" ? 0 : 1234,
    required: 0,
    violationCount: 0,
    violations: [],
    ...extra,
  };
}

function distribution(measure: string, scaleMs: number): Distribution {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (let i = 1; i <= 5000; i++)
    histogram.recordValue(Math.round(scaleMs * 1000 * (1 + (i % 97) / 10 + (i % 1000 === 0 ? 40 : 0))));
  const at = (p: number): number => histogram.getValueAtPercentile(p) / 1000;
  const stats = { min: histogram.minNonZeroValue / 1000, mean: histogram.mean / 1000, max: histogram.maxValue / 1000 };
  const percentiles = { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9) };
  return { measure, unit: "ms", count: 5000, ...stats, ...percentiles, hdr: encodeIntoCompressedBase64(histogram) };
}

const timeline: TimelineItem[] = [
  { tMs: 0, endMs: 2000, lane: "phases", kind: "phase", label: "warmup" },
  { tMs: 2000, endMs: 9000, lane: "phases", kind: "phase", label: "steady" },
  { tMs: 9000, endMs: 12_000, lane: "phases", kind: "phase", label: "converge" },
  { tMs: 100, endMs: 5000, lane: "llama-8b/1", kind: "engine", label: "life 1" },
  { tMs: 5400, endMs: 12_000, lane: "llama-8b/1", kind: "engine", label: "life 2" },
  { tMs: 150, endMs: 12_000, lane: "llama-8b/2", kind: "engine", label: "life 1" },
  { tMs: 160, endMs: 12_000, lane: "a-model-with-a-long-name/3", kind: "engine", label: "life 1" },
  { tMs: 5000, endMs: 5400, lane: "faults", kind: "fault", label: "kill" },
  { tMs: 5600, lane: "llama-8b/1", kind: "gap", label: "gap of 3 batches" },
];

function degraded(part: Degradation["part"], servedShare: number, hitRate: number): Degradation {
  return {
    part,
    durationMs: 3000,
    requests: 120,
    servedShare,
    hitRate,
    servedMs: distribution(`served_ms_${part}`, 3),
    queries: 900,
    answeredShare: 1,
    queryMs: null,
    liveShare: servedShare,
  };
}

const faulty: Pick<JudgeReport, "faults" | "degradation"> = {
  faults: [
    {
      id: "kill",
      fault: "process.kill",
      targets: ["engines/llama-8b/1"],
      injectedMs: 5000,
      effectiveMs: 5012,
      effect: "1 of 1 processes gone <i>at once</i>",
      recoveringMs: 5300,
      recoveredMs: 5400,
      recovery: "1 of 1 answer /health",
      failure: null,
      exactAfterMs: 812.4,
      said: [
        { tMs: 5020, level: "warn", engine: "llama-8b/1", message: "connection lost <now> after batch 7", times: 3 },
        { tMs: 5021, level: "info", engine: null, message: "looking again", times: 1 },
      ],
      moved: [{ metric: 'stream_state{state="live"}', engine: "llama-8b/1", from: 1, to: 0, changes: 1 }],
    },
  ],
  degradation: [
    degraded("steady", 1, 0.71),
    degraded("fault", 0.875, 0.4),
    { ...degraded("heal", 1, 0.69), requests: 0, servedShare: null },
  ],
};

export function sampleJudged(overrides: Partial<JudgeReport> = {}): JudgeReport {
  const points = Array.from({ length: 12 }, (_, second) => ({
    tMs: second * 1000,
    values: { p50: 1 + second / 10, p99: 4 + (second % 3) },
  }));
  return {
    schemaVersion: 3,
    figures: {},
    load: [],
    verdict: "fail",
    exitCode: 1,
    headline: 'S1 violated: llama-8b/1 was credited with blocks it had removed <script>alert("x")</script>',
    properties: [
      property("S0", "pass"),
      property("S1", "fail", {
        violationCount: 40,
        violations: [
          {
            at: 5_000_000_000,
            engine: "llama-8b/1",
            summary: 'At 5.0 s the router claimed 12 blocks of <b>llama-8b/1</b>; it held 3. ]]> "quoted" \u0007 bell',
            proof: { claimed: 12, held: 3, blocks: ["a3f0", "</pre><img src=x onerror=alert(1)>"] },
          },
        ],
      }),
      property("M3", "unknown", { reason: "not exercised" }),
      property("O1", "not-applicable", { reason: "the system does not report counters" }),
      property("C1", "pass", { measured: { time_to_converge_ms: 312.456 } }),
    ],
    thresholds: [
      { measure: "visibility_ms", expression: "p99 < 50", measured: 12.3, verdict: "pass" },
      { measure: "route_ms", expression: "max < 5", measured: 48, verdict: "fail" },
    ],
    distributions: [distribution("visibility_ms", 0.8), distribution("route_ms", 2.5)],
    series: [
      { name: "request latency", unit: "ms", points },
      {
        name: "resident memory",
        unit: "MiB",
        points: points.map((p) => ({ tMs: p.tMs, values: { gateway: 80 + p.tMs / 1000, "llama-8b/1": 61 } })),
      },
    ],
    divergence: {
      bucketMs: 1000,
      engines: ["llama-8b/1", "llama-8b/2", "a-model-with-a-long-name/3"],
      cells: [
        { engine: 0, bucket: 5, extra: 9, missing: 0 },
        { engine: 2, bucket: 6, extra: 0, missing: 4 },
      ],
    },
    timeline,
    ...faulty,
    counts: { records: 12_345, engines: 3, queries: 4321, requests: 600, batches: 1200, blockOperations: 9876 },
    durationMs: 12_000,
    ...overrides,
  };
}

export function sampleSummary(overrides: Partial<RunSummary> = {}): RunSummary {
  return {
    schemaVersion: 1,
    tool: { name: "kvproof", version: "0.1.0", git: "0123456789abcdef" },
    scenario: "e2e/sample",
    title: "A pod's removals are ignored & the router keeps sending",
    seed: 7,
    sample: 0.2,
    lab: "local",
    sut: { name: "kvproof-gateway", version: "0.1.0" },
    startedAt: "2026-01-02T03:04:05.000Z",
    durationMs: 12_345,
    verdict: "fail",
    exitCode: 1,
    headline: sampleJudged().headline,
    machine: { os: "linux 6", arch: "x64", cpu: "Sample CPU", cores: 2, memoryGiB: 24, node: "v20.20.2" },
    repro: "kvproof run test/e2e/sample.yaml --seed 7 --sample 0.2",
    dir: "e2e/sample/run-1",
    ...overrides,
  };
}

export function sampleRun(): RunView {
  return { dir: "/tmp/sample", summary: sampleSummary(), judged: sampleJudged(), profiles: [] };
}

export function sampleCampaign(): CampaignView {
  const run = sampleRun();
  const { tool, startedAt, machine } = run.summary;
  return {
    dir: "/tmp/sample-campaign",
    summary: {
      schemaVersion: 1,
      tool,
      startedAt,
      durationMs: 30_000,
      verdict: "fail",
      exitCode: 1,
      headline: "S1 violated in e2e/sample",
      machine,
      repro: "kvproof run test/e2e --seed 7",
      runs: [run.summary],
      properties: sampleJudged().properties.map(({ id, title, verdict, opportunities, violationCount }) => ({
        id,
        title,
        verdict,
        opportunities,
        violations: violationCount,
      })),
    },
    runs: [run],
    scorecard: scorecardOf([{ summary: run.summary, report: run.judged }]),
  };
}
