/** Faults and what they cost, as rows that every rendering shows alike. */
import type { Degradation, FaultWindow } from "../judge/verdict.js";
import { formatMs, formatNumber } from "./format.js";

const PART_TITLES: Readonly<Record<Degradation["part"], string>> = {
  steady: "before",
  fault: "during",
  heal: "after",
};

export const FAULT_HEAD = ["fault", "kind", "targets", "in force", "for", "exact again after", "evidence"];

/** One row a fault: when it was in force as measured, and what was seen of it. */
export function faultRows(faults: readonly FaultWindow[]): string[][] {
  return faults.map((fault) => {
    const { injectedMs, effectiveMs, recoveredMs } = fault;
    const from = effectiveMs ?? injectedMs;
    return [
      fault.id,
      fault.fault,
      shortened(fault.targets),
      `${seconds(from)} – ${recoveredMs === null ? "not recovered" : seconds(recoveredMs)}`,
      recoveredMs === null ? "–" : formatMs(recoveredMs - from),
      fault.exactAfterMs === null ? "–" : formatMs(fault.exactAfterMs),
      evidence(fault),
    ];
  });
}

export const DEGRADATION_HEAD = [
  "faults",
  "time",
  "requests",
  "served",
  "hit rate",
  "served p50",
  "served p99",
  "questions answered",
  "query p99",
  "streams live",
];

export function degradationRows(degradation: readonly Degradation[]): string[][] {
  return degradation.map((part) => [
    PART_TITLES[part.part],
    formatMs(part.durationMs),
    formatNumber(part.requests),
    percent(part.servedShare),
    percent(part.hitRate),
    milliseconds(part.servedMs?.p50),
    milliseconds(part.servedMs?.p99),
    percent(part.answeredShare),
    milliseconds(part.queryMs?.p99),
    percent(part.liveShare),
  ]);
}

const MAX_TARGETS = 4;

function shortened(targets: readonly string[]): string {
  const named = targets.slice(0, MAX_TARGETS).join(", ");
  return targets.length > MAX_TARGETS ? `${named} and ${targets.length - MAX_TARGETS} more` : named;
}

/** To a tenth, so that 100 % means all of them. */
function percent(share: number | null): string {
  if (share === null) return "–";
  return `${share < 1 ? Math.min(99.9, Math.round(share * 1000) / 10) : 100} %`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "–" : formatMs(ms);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function evidence({ effect, recovery, failure, effectiveMs, recoveredMs }: FaultWindow): string {
  const effects = effectiveMs === null ? "no effect was seen" : (effect ?? "took effect");
  const healed = recoveredMs === null ? "" : `; then ${recovery ?? "recovered"}`;
  return `${effects}${healed}${failure === null ? "" : `; failed: ${failure}`}`;
}

export const SAID_HEAD = ["fault", "at", "level", "engine", "the router's log", "times"];

/** What the system under test said of each fault, alike lines once. */
export function saidRows(faults: readonly FaultWindow[]): string[][] {
  return faults.flatMap(({ id, said }) =>
    said.map(({ tMs, level, engine, message, times }) => [
      id,
      seconds(tMs),
      level,
      engine ?? "",
      message,
      formatNumber(times),
    ]),
  );
}

export const MOVED_HEAD = ["fault", "engine", "metric", "from", "to", "changes"];

export function movedRows(faults: readonly FaultWindow[]): string[][] {
  return faults.flatMap(({ id, moved }) =>
    moved.map(({ metric, engine, from, to, changes }) => [
      id,
      engine ?? "",
      metric,
      formatNumber(from),
      formatNumber(to),
      formatNumber(changes),
    ]),
  );
}

/** One line a fault, for places without room: how much was said, and the gravest line. */
export function toldLines(faults: readonly FaultWindow[]): string[] {
  return faults.flatMap(({ id, said, moved }) => {
    if (said.length + moved.length === 0) return [];
    const gravest = said.find(({ level }) => level !== "info") ?? said[0];
    const lines = said.reduce((sum, { times }) => sum + times, 0);
    const quote =
      gravest === undefined ? "" : `: "${gravest.engine === null ? "" : `${gravest.engine}: `}${gravest.message}"`;
    return `${id} was told of by ${formatNumber(lines)} log lines and ${formatNumber(moved.length)} metrics${quote}`;
  });
}
