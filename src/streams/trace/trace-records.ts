/** What a trace holds, record by record. The bytes are described in docs/reference/trace.md. */

export const TRACE_FORMAT = "kvtrace";
/** A reader refuses a newer version: it could not know what it leaves out. */
export const TRACE_VERSION = 1;

/** One publisher that was followed: an engine's data-parallel rank. */
export interface TraceStream {
  readonly engine: string;
  readonly rank: number;
  /** Where it was heard, e.g. `tcp://10.0.0.1:5557`; "" when unknown. */
  readonly events: string;
  readonly replay: string | null;
  /** Topic that was asked for; "" = any. */
  readonly topic: string;
}

export interface TraceHeader {
  readonly format: typeof TRACE_FORMAT;
  readonly version: number;
  /** Who wrote it, e.g. `kvproof 0.1.0`. */
  readonly tool: string;
  /** ISO 8601; `atUs` of all records counts from here. */
  readonly startedAt: string;
  readonly streams: readonly TraceStream[];
}

interface OnStream {
  /** Index into `TraceHeader.streams`. */
  readonly stream: number;
  /** One life of the publisher, from 1. */
  readonly life: number;
}

/** A batch, in the order of its number. */
export interface BatchRecord extends OnStream {
  readonly kind: "batch";
  readonly seq: number;
  /** Microseconds from the start of the recording to the receipt. */
  readonly atUs: number;
  /** How it came: as it was published, or asked for afterwards. */
  readonly via: "live" | "replay";
  /** null = a replay of the era whose replies bear no topic. */
  readonly topic: string | null;
  readonly payload: Uint8Array;
}

/** Numbers that no one could deliver. `from` and `to` are both missing. */
export interface HoleRecord extends OnStream {
  readonly kind: "hole";
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** A publisher began to count anew. Each stream has one for life 1 before all else. */
export interface LifeRecord extends OnStream {
  readonly kind: "life";
  readonly atUs: number;
  readonly why: string;
}

/** A message that is no batch, as it came: wrong number of frames, no sequence number. */
export interface OddRecord extends OnStream {
  readonly kind: "odd";
  readonly atUs: number;
  readonly frames: readonly Uint8Array[];
  readonly problem: string;
}

export type TraceRecord = BatchRecord | HoleRecord | LifeRecord | OddRecord;

/** A trace as its readers see it, whatever file it came from. */
export interface OpenTrace {
  readonly header: TraceHeader;
  /** Once through; throws KVP_E_TRACE_INVALID at the damage after all records before it. */
  readonly records: AsyncIterable<TraceRecord>;
}

export function streamName({ engine, rank }: Pick<TraceStream, "engine" | "rank">): string {
  return `${engine}#${rank}`;
}
