/** The result file and the table of `npm run bench:core`. */
import { cpus, totalmem } from "node:os";
import type { Latency, Removal, Spread } from "./measure.js";

export interface WorkloadResult {
  readonly workload: string;
  readonly description: string;
  /** By form of the bytes; million block operations per CPU second. */
  readonly ingest_mops: Record<string, Spread>;
  /** The decoder alone, in the same unit. */
  readonly decode_mops: Record<string, Spread>;
  readonly match: Record<string, Latency>;
  readonly bytes_per_resident_block: number;
  readonly questions: number;
  /** By form of the bytes. */
  readonly wrong_answers: Record<string, number>;
}
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly platform: string;
  readonly node: string;
}
export interface CoreReport {
  readonly schemaVersion: 1;
  readonly benchmark: "core";
  readonly startedAt: string;
  readonly seed: number;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly threshold_mops: number;
  /** Not of one workload: left out with `--only`. */
  readonly remove_engine: Removal | null;
  readonly workloads: readonly WorkloadResult[];
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...body.map(line)].join("\n");
}

const digits = (value: number, places: number) => value.toFixed(places);
const spread = (rate: Spread | undefined) =>
  rate === undefined ? "-" : `${digits(rate.median, 2)} (${digits(rate.slowest, 2)}-${digits(rate.fastest, 2)})`;
const latency = (match: Latency | undefined) =>
  match === undefined ? "-" : `${digits(match.p50_us, 1)} / ${digits(match.p99_us, 1)}`;

const removal = (removed: Removal | null): string[] =>
  removed === null
    ? []
    : [
        `One of 10 engines leaves at 300,000 blocks: forgotten in ${digits(removed.forget_ms, 2)} ms, its memory swept in another ${digits(removed.sweep_ms, 1)} ms`,
      ];

/** Text for people. */
export function describeReport(report: CoreReport): string {
  const { machine } = report;
  const head = [
    "workload",
    "ingest map, M/CPU-s",
    "ingest array, M/CPU-s",
    "decode map, M/CPU-s",
    "128 blocks, us",
    "625 blocks, us",
    "bytes/block",
    "wrong",
  ];
  const rows = report.workloads.map((result) => [
    result.workload,
    spread(result.ingest_mops.map),
    spread(result.ingest_mops.array),
    spread(result.decode_mops.map),
    latency(result.match["128"]),
    latency(result.match["625"]),
    digits(result.bytes_per_resident_block, 1),
    `${Object.values(result.wrong_answers).reduce((sum, wrong) => sum + wrong, 0)} of ${result.questions * Object.keys(result.wrong_answers).length}`,
  ]);
  return [
    `Index core, one thread: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, seed ${report.seed}${report.quick ? ", quick" : ""}`,
    "Ingest: block operations from wire bytes, decoder and index, median (slowest-fastest). Match: hashing included, p50 / p99.",
    "",
    table([head, ...rows]),
    "",
    ...removal(report.remove_engine),
    ...report.workloads.map(({ workload, description }) => `${workload}: ${description}`),
    "",
  ].join("\n");
}
