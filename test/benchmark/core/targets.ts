/**
 * What the core must reach, and what it aims for: ratios to the best published indexer, taken side by side in one run, and a few
 * absolute figures that hold on any machine. A ratio that could not be taken is not missed; it is said to be not measured.
 */
import type { Removal } from "./measure.js";
import type { Round, SideBySide } from "./peers/side-by-side.js";
import type { WorkloadResult } from "./report.js";

export interface Target {
  readonly figure: string;
  readonly ours: number | null;
  readonly unit: string;
  /** The peer's own figure, for ratios. */
  readonly peer: number | null;
  /** What is compared: ours / peer's, or ours where there is no peer. */
  readonly value: number | null;
  /** Slowest and fastest round. */
  readonly range: readonly [number, number] | null;
  readonly better: "lower" | "higher";
  readonly required: number;
  readonly aim: number;
  readonly verdict: "aim" | "required" | "missed" | "not measured";
}

/** The peer that all ratios are to: the fastest one whose answers are right on the main trace and that reads wire bytes. */
export const BEST_PEER = "dynamo-RadixTree-1.6.1";
const REMOVAL_LIMITS_MS = { required: 2, aim: 0.3 };

interface RatioSpec {
  readonly figure: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  readonly required: number;
  readonly aim: number;
  readonly ours: (round: Round) => number | undefined;
  readonly peer: string;
}

const RATIOS: readonly RatioSpec[] = [
  {
    figure: "ingest from map events",
    unit: "M/CPU-s",
    better: "higher",
    required: 1.3,
    aim: 2,
    ours: ({ ours }) => ours.workload.ingest_mops.map?.fastest,
    peer: "ingest_wire_map",
  },
  {
    figure: "match of 625 blocks, p50",
    unit: "us",
    better: "lower",
    required: 4,
    aim: 1.5,
    ours: ({ ours }) => ours.workload.match["625"]?.p50_us,
    peer: "q625_total_p50_us",
  },
  {
    figure: "match of 625 blocks, p99",
    unit: "us",
    better: "lower",
    required: 4,
    aim: 1.5,
    ours: ({ ours }) => ours.workload.match["625"]?.p99_us,
    peer: "q625_total_p99_us",
  },
  {
    figure: "bytes per resident block",
    unit: "B",
    better: "lower",
    required: 1,
    aim: 0.6,
    ours: ({ ours }) => ours.workload.bytes_per_resident_block,
    peer: "mem_bytes_per_pair",
  },
];

export function coreTargets(
  workloads: readonly WorkloadResult[],
  otherSeeds: Readonly<Record<string, number>>,
  removal: Removal | null,
  sideBySide: SideBySide,
): Target[] {
  const counts = [...workloads.map(({ wrong_answers }) => wrong_answers), otherSeeds].flatMap(Object.values<number>);
  const wrong = counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
  const forgotten = removal?.forget_ms ?? null;
  const left = { figure: "one of 10 engines leaves, 300,000 blocks", unit: "ms", better: "lower" } as const;
  const answers = { figure: "wrong answers, all traces", unit: "", better: "lower", required: 0, aim: 0 } as const;
  return [
    ...RATIOS.map((spec) => ratio(spec, sideBySide)),
    judged({ ...left, ...REMOVAL_LIMITS_MS, ours: forgotten, peer: null, value: forgotten, range: null }),
    judged({ ...answers, ours: wrong, peer: null, value: wrong, range: null }),
  ];
}

function ratio(spec: RatioSpec, { rounds, once }: SideBySide): Target {
  const { figure, unit, better, required, aim } = spec;
  const ofPeer = ({ peers }: Round) => peers.get(BEST_PEER)?.get(spec.peer) ?? once.get(BEST_PEER)?.get(spec.peer);
  const pairs = rounds.flatMap((round) => {
    const [ours, peer] = [spec.ours(round), ofPeer(round)];
    return ours === undefined || peer === undefined || !(peer > 0) ? [] : [{ ours, peer, ratio: ours / peer }];
  });
  const ratios = pairs.map((pair) => pair.ratio).sort((a, b) => a - b);
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? null;
  return judged({
    figure,
    unit,
    better,
    required,
    aim,
    ours: middle(pairs.map(({ ours }) => ours)),
    peer: middle(pairs.map(({ peer }) => peer)),
    value: middle(ratios),
    range: ratios.length === 0 ? null : [ratios[0] as number, ratios.at(-1) as number],
  });
}

function judged(target: Omit<Target, "verdict">): Target {
  const { value, better, required, aim } = target;
  if (value === null) return { ...target, verdict: "not measured" };
  const reaches = (limit: number) => (better === "lower" ? value <= limit : value >= limit);
  return { ...target, verdict: reaches(aim) ? "aim" : reaches(required) ? "required" : "missed" };
}
