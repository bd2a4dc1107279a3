/**
 * Single records at an exact millisecond of a run that begins at `at(0)`, for tests of what is counted from them. What a test does
 * not say is ordinary.
 */
import type { AppliedRecord, LoadRecord } from "../history/load-records.js";
import type {
  CounterRecord,
  EngineRecord,
  FaultRecord,
  LedgerEntry,
  LogRecord,
  MetricRecord,
  PhaseRecord,
  QueryRecord,
  ResourceRecord,
  RouteRecord,
  StreamRecord,
} from "../history/records.js";

const START = 7e9;

export function at(ms: number): number {
  return START + ms * 1e6;
}

export function phase(ms: number, name: PhaseRecord["name"]): PhaseRecord {
  return { k: "phase", at: at(ms), name };
}

export function life(
  ms: number,
  engine: string,
  event: EngineRecord["event"],
  more: Partial<EngineRecord> = {},
): EngineRecord {
  return { k: "engine", at: at(ms), engine, model: "m", epoch: 1, event, ...more };
}

export function fault(ms: number, id: string, event: FaultRecord["event"], evidence?: string): FaultRecord {
  const told = evidence === undefined ? {} : { evidence };
  return { k: "fault", at: at(ms), id, fault: "link.partition", targets: ["gateway"], event, ...told };
}

export function stream(ms: number, engine: string, more: Partial<StreamRecord> = {}): StreamRecord {
  const counts = { duplicateBatches: 0, gaps: 0, missingBatches: 0, replayedBatches: 0, purges: 0, lives: 1 };
  const position = { state: "live", lastSeq: 0, appliedBatches: 1 };
  return { k: "stream", at: at(ms), engine, rank: 0, ...position, ...counts, ...more };
}

/** Asked at `ms`; answered with nothing unless told otherwise. */
export function query(ms: number, tookMs: number, more: Partial<QueryRecord> = {}): QueryRecord {
  const ret = at(ms + tookMs);
  const asked = { k: "query", at: ret, inv: at(ms), ret, prompt: "p", probe: "sample" } as const;
  return more.error === undefined ? { ...asked, answer: {}, ...more } : { ...asked, ...more };
}

/** A request due and sent at `ms` and served. */
export function request(ms: number, tookMs: number, more: Partial<RouteRecord> = {}): RouteRecord {
  const ret = at(ms + tookMs);
  const times = { at: ret, inv: at(ms), chosenAt: ret, ret, due: at(ms) };
  return { k: "route", ...times, prompt: "p", dry: false, engine: "a", status: 200, ...more };
}

export function decision(ms: number, tookMs: number, more: Partial<RouteRecord> = {}): RouteRecord {
  return request(ms, tookMs, { dry: true, ...more });
}

export function batch(ms: number, engine: string, seq: number, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { k: "ledger", at: at(ms), at_ns: at(ms), engine, epoch: 1, rank: 0, seq, changes: [], ...more };
}

export function resource(
  ms: number,
  kind: ResourceRecord["kind"],
  cpuSeconds: number,
  more: Partial<ResourceRecord> = {},
): ResourceRecord {
  return { k: "resource", at: at(ms), process: kind, kind, rssBytes: 2 ** 20, cpuSeconds, ...more };
}

/** `batches`: sequence number, received and applied in milliseconds of the run. */
export function applied(
  ms: number,
  engine: string,
  batches: readonly (readonly [number, number, number])[],
  more: Partial<AppliedRecord> = {},
): AppliedRecord {
  const told = batches.map(([seq, received, done]) => [seq, at(received), at(done)] as const);
  return { k: "applied", at: at(ms), engine, rank: 0, life: 1, batches: told, dropped: 0, ...more };
}

/** One second of steady load that everything kept up with, over at `ms`. */
export function load(ms: number, perS: number, more: Partial<LoadRecord> = {}): LoadRecord {
  const times = { startedAt: at(ms - 1000), stoppedAt: at(ms) };
  const rate = { offeredPerS: perS, offered: perS, sent: perS };
  const lateness = { latenessP50Ms: 0, latenessP99Ms: 1, latenessMaxMs: 2 };
  return { k: "load", at: at(ms), phase: "steady", ...times, ...rate, ...lateness, drainMs: 3, ...more };
}

export function counters(ms: number, engine: string, applied: number, rank = 0): CounterRecord {
  const counts = { received: applied, applied, duplicate: 0, rejected: 0, dropped: 0 };
  return { k: "counters", at: at(ms), engine, rank, ...counts };
}

export function log(ms: number, message: string, more: Partial<LogRecord> = {}): LogRecord {
  return { k: "log", at: at(ms), level: "warn", message, ...more };
}

export function metric(
  ms: number,
  name: string,
  from: number,
  to: number,
  more: Partial<MetricRecord> = {},
): MetricRecord {
  return { k: "metric", at: at(ms), metric: name, from, to, ...more };
}
