/** The result file and the table of `npm run bench:core`. */
import type { machineFingerprint, toolIdentity } from "../../../src/campaign/machine.js";
import type { Figure } from "../../../src/bench/stored-results.js";
import type { Latency, Removal, Spread } from "./measure.js";
import { BEST_PEER } from "./targets.js";
import type { Target } from "./targets.js";

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
export interface CoreReport {
  readonly schemaVersion: 2;
  readonly benchmark: "core";
  readonly startedAt: string;
  readonly seed: number;
  readonly quick: boolean;
  readonly tool: ReturnType<typeof toolIdentity>;
  readonly machine: ReturnType<typeof machineFingerprint>;
  readonly threshold_mops: number;
  /** Not of one workload: left out with `--only`. */
  readonly remove_engine: Removal | null;
  readonly workloads: readonly WorkloadResult[];
  /** By workload, seed and form of the bytes. */
  readonly wrong_answers_on_other_seeds: Readonly<Record<string, number>>;
  readonly figures: readonly Figure[];
  readonly targets: readonly Target[];
  readonly peers: {
    readonly rounds: number;
    /** Why some, or all, were not measured. */
    readonly left_out: readonly string[];
    /** One entry per peer and turn. */
    readonly figures: readonly { readonly peer: string; readonly figures: Readonly<Record<string, number>> }[];
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
    `Index core, one thread: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node.slice(1)}, seed ${report.seed}${report.quick ? ", quick" : ""}`,
    "Ingest: block operations from wire bytes, decoder and index, median (slowest-fastest). Match: hashing included, p50 / p99.",
    "",
    table([head, ...rows]),
    "",
    ...removal(report.remove_engine),
    ...report.workloads.map(({ workload, description }) => `${workload}: ${description}`),
    "",
    ...targetLines(report),
    "",
  ].join("\n");
}

const places = (value: number) => digits(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
const valueOf = (value: number | null, unit: string) => (value === null ? "-" : `${places(value)} ${unit}`.trimEnd());

function targetLines({ targets, peers }: CoreReport): string[] {
  const rows = targets.map(({ figure, ours, peer, value, range, unit, required, aim, better, verdict }) => {
    const times = peer === null ? "" : "x";
    const limit = (at: number) => `${better === "lower" ? "<=" : ">="} ${at}${times}`;
    const spread = range === null ? "" : ` (${places(range[0])}-${places(range[1])})`;
    const ratio = value === null || peer === null ? "-" : `${places(value)}x${spread}`;
    const unmeasured = verdict === "not measured";
    return [
      figure,
      valueOf(ours, unit),
      valueOf(peer, unit),
      ratio,
      unmeasured ? `${required}` : limit(required),
      unmeasured ? `${aim}` : limit(aim),
      { aim: "aim reached", required: "required reached", missed: "MISSED", "not measured": "not measured" }[verdict],
    ];
  });
  const rounds = peers.rounds === 0 ? "" : `, medians of ${peers.rounds} rounds in turns`;
  return [
    `Targets on the common workload, beside ${BEST_PEER}${rounds}`,
    table([["figure", "ours", "peer", "ratio", "required", "aim", "verdict"], ...rows]),
    ...peers.left_out.map((reason) => `Left out: ${reason}.`),
    ...otherPeers(peers.figures),
  ];
}

/** The other peers' figures of the last turn each had, for orientation. */
function otherPeers(figures: CoreReport["peers"]["figures"]): string[] {
  const byPeer = new Map<string, Record<string, number>>();
  for (const { peer, figures: some } of figures) byPeer.set(peer, { ...byPeer.get(peer), ...some });
  const names = [
    "ingest_wire_map",
    "ingest_wire_array",
    "q625_total_p50_us",
    "q625_total_p99_us",
    "mem_bytes_per_pair",
    "remove_pod_300k_ms",
  ];
  const wrong = ["wrong_main", "wrong_holes", "wrong_reannounce"];
  const rows = [...byPeer]
    .filter(([, known]) => names.some((name) => name in known))
    .map(([peer, known]) => [peer, ...[...names, ...wrong].map((name) => valueOf(known[name] ?? null, ""))]);
  if (rows.length === 0) return [];
  const head = [
    "peer",
    "ingest map",
    "array",
    "625 p50, us",
    "p99, us",
    "bytes/block",
    "leaves, ms",
    "wrong main",
    "holes",
    "reann.",
  ];
  return ["", "The peers, last turn", table([head, ...rows])];
}
