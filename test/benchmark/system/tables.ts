/** What `npm run bench` prints. */
import { columns, paintVerdict } from "../../../src/report/console/summary.js";
import type { ThresholdResult } from "../../../src/judge/verdict.js";
import type { WireReport } from "../wire/measure.js";
import type { BenchmarkResult, BenchReport } from "./results.js";

const shown = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? "-" : Number(value.toFixed(digits)).toLocaleString("en-US");
const nameOf = ({ scenario }: BenchmarkResult): string => scenario.replace(/^benchmark\//, "");

export function reportLines(report: BenchReport): string[] {
  const { machine, results, wire, sampled } = report;
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}${sampled ? ", sampled" : ""}`,
    ...section("Latency, ms (p50 / p99)", latencyRows(results)),
    ...section("Load: batches per second, offered and sent; ms to apply the rest", loadRows(results)),
    ...section("Resources of the gateway in the steady phase", resourceRows(results)),
    ...(wire === null ? [] : wireLines(wire)),
    ...section("Thresholds", thresholdRows(report)),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length < 2) return [];
  const right = Array.from({ length: (rows[0]?.length ?? 1) - 1 }, (_, i) => i + 1);
  return ["", title, ...columns(rows, right).map((line) => `  ${line}`)];
}

const LATENCIES = [
  "receive_to_apply_ms",
  "emit_to_apply_ms",
  "decision_ms",
  "flip_ms",
  "visibility_ms",
  "query_ms",
  "route_ms",
];

function latencyRows(results: readonly BenchmarkResult[]): string[][] {
  const cell = (result: BenchmarkResult, measure: string): string => {
    const found = result.distributions.find((one) => one.measure === measure);
    return found === undefined || found.count === 0 ? "-" : `${shown(found.p50, 3)} / ${shown(found.p99, 3)}`;
  };
  const head = ["benchmark", ...LATENCIES.map((measure) => measure.replace(/_ms$/, "").replaceAll("_", " "))];
  return [head, ...results.map((result) => [nameOf(result), ...LATENCIES.map((measure) => cell(result, measure))])];
}

function loadRows(results: readonly BenchmarkResult[]): string[][] {
  const head = [
    "benchmark",
    "offered/s",
    "sent/s",
    "late p99 ms",
    "rest ms",
    "CPU us/batch",
    "receive to apply p99",
    "limited by",
  ];
  const rows = results.flatMap((result) =>
    result.load.map((step) => [
      nameOf(result),
      shown(step.offeredPerS, 0),
      shown(step.sentPerS, 0),
      shown(step.latenessP99Ms),
      shown(step.drainMs),
      shown(step.cpuUsPerBatch),
      shown(step.receiveToApplyP99Ms, 3),
      step.limit ?? "",
    ]),
  );
  return [head, ...rows];
}

const RESOURCES = [
  ["gateway_cpu_share", "CPU cores", 2],
  ["engines_cpu_share", "engines' cores", 2],
  ["foreign_cpu_share", "others' cores", 2],
  ["cpu_s_per_million_events", "CPU s/M events", 1],
  ["gateway_rss_mib", "RSS MiB", 0],
  ["gateway_heap_mib", "heap MiB", 0],
  ["bytes_per_block", "B/block", 0],
  ["network_bytes_per_event", "net B/event", 0],
  ["event_loop_p99_ms", "loop p99 ms", 2],
  ["gateway_start_ms", "start ms", 0],
  ["fleet_ready_s", "fleet s", 1],
] as const;

function resourceRows(results: readonly BenchmarkResult[]): string[][] {
  const head = ["benchmark", "engines", ...RESOURCES.map(([, title]) => title)];
  const row = (result: BenchmarkResult): string[] =>
    RESOURCES.map(([figure, , digits]) => shown(result.figures[figure], digits));
  return [head, ...results.map((result) => [nameOf(result), String(result.engines), ...row(result)])];
}

function wireLines({ steps, growth, kneePerS, pinned, bytesPerBatch }: WireReport): string[] {
  const rates = steps.map((step) => [
    shown(step.offeredPerS, 0),
    shown(step.sentPerS, 0),
    shown(step.consumerCpu * 100, 0),
    shown(step.drainMs),
    shown(step.latenessP99Ms),
    String(step.lost),
    step.limit ?? "",
  ]);
  const sizes = growth.map((step) => [
    shown(step.residentBlocks, 0),
    shown(step.bytesPerBlock),
    shown(step.rssMib, 0),
    shown(step.cpuSecondsPerMillionEvents, 2),
  ]);
  return [
    ...section(
      `Socket to index on one core${pinned ? "" : " (not pinned)"}: ${shown(kneePerS, 0)} batches/s with nothing lost, ${shown(bytesPerBatch, 0)} bytes each`,
      [["offered/s", "sent/s", "CPU %", "rest ms", "late p99 ms", "lost", "limited by"], ...rates],
    ),
    ...section("The same path by resident blocks, at 20,000 batches/s", [
      ["blocks", "B/block", "RSS MiB", "CPU s/M events"],
      ...sizes,
    ]),
  ];
}

function thresholdRows({ results, thresholds }: BenchReport): string[][] {
  const row = (name: string, one: ThresholdResult): string[] => [
    name,
    `${one.measure} ${one.expression}`,
    one.measured === null ? "not measured" : shown(one.measured, 3),
    paintVerdict(one.verdict),
  ];
  return [
    ["benchmark", "threshold", "measured", "verdict"],
    ...results.flatMap((result) => [
      ...result.thresholds.map((one) => row(nameOf(result), one)),
      ...(result.exitCode === 0 || result.exitCode === 3
        ? []
        : [[nameOf(result), result.headline.slice(0, 110), "", paintVerdict(result.verdict as never)]]),
    ]),
    ...thresholds.map((one) => row("all", one)),
  ];
}
