/** One record of a trace as one line of JSON, both ways. */
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { TRACE_FORMAT, TRACE_VERSION, type TraceHeader, type TraceRecord } from "./trace-records.js";

/** Streams in one trace. */
const MAX_STREAMS = 65_536;
const MAX_TEXT = 4096;

const count = z.int().min(0);
const text = z.string().max(MAX_TEXT);
const bytes = z.base64();
const on = { s: count, life: z.int().min(1) };

const header = z.object({
  format: z.literal(TRACE_FORMAT),
  version: z.int(),
  tool: text,
  started_at: text,
  streams: z
    .array(z.object({ engine: text, rank: count, events: text, replay: text.nullable(), topic: text }))
    .min(1)
    .max(MAX_STREAMS),
});

const record = z.discriminatedUnion("k", [
  z.object({
    k: z.literal("batch"),
    ...on,
    seq: count,
    at_us: count,
    via: z.enum(["live", "replay"]),
    topic: text.nullable(),
    payload: bytes,
  }),
  z.object({ k: z.literal("hole"), ...on, from: count, to: count, why: text }),
  z.object({ k: z.literal("life"), ...on, at_us: count, why: text }),
  z.object({ k: z.literal("odd"), ...on, at_us: count, frames: z.array(bytes).max(1024), problem: text }),
]);

const end = z.object({
  k: z.literal("end"),
  records: count,
  batches: count,
  payload_bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface TraceEnd {
  readonly records: number;
  readonly batches: number;
  readonly payloadBytes: number;
  /** Of all bytes before the line of the end. */
  readonly sha256: string;
}

export type TraceLine =
  | { readonly kind: "record"; readonly record: TraceRecord }
  | { readonly kind: "end"; readonly end: TraceEnd };

export function headerLine({ format, version, tool, startedAt, streams }: TraceHeader): string {
  return JSON.stringify({ format, version, tool, started_at: startedAt, streams });
}

export function recordLine(entry: TraceRecord): string {
  const { kind: k, stream: s, life } = entry;
  switch (entry.kind) {
    case "batch": {
      const { seq, atUs: at_us, via, topic, payload } = entry;
      return JSON.stringify({ k, s, life, seq, at_us, via, topic, payload: base64(payload) });
    }
    case "hole":
      return JSON.stringify({ k, s, life, from: entry.from, to: entry.to, why: entry.why.slice(0, MAX_TEXT) });
    case "life":
      return JSON.stringify({ k, s, life, at_us: entry.atUs, why: entry.why.slice(0, MAX_TEXT) });
    case "odd": {
      const frames = entry.frames.map(base64);
      return JSON.stringify({ k, s, life, at_us: entry.atUs, frames, problem: entry.problem.slice(0, MAX_TEXT) });
    }
  }
}

export function endLine({ records, batches, payloadBytes, sha256 }: TraceEnd): string {
  return JSON.stringify({ k: "end", records, batches, payload_bytes: payloadBytes, sha256 });
}

/** @param place names file and line in errors. @throws UsageError KVP_E_TRACE_INVALID. */
export function parseHeader(line: string, place: string): TraceHeader {
  const value = jsonOf(line, place);
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > TRACE_VERSION)
    throw invalid(place, `the trace has version ${version}; this kvproof reads up to ${TRACE_VERSION}`);
  const parsed = header.safeParse(value);
  if (!parsed.success) throw invalid(place, `not the header of a trace: ${problemOf(parsed.error)}`);
  const { format, tool, started_at: startedAt, streams } = parsed.data;
  return { format, version: parsed.data.version, tool, startedAt, streams };
}

/** @throws UsageError KVP_E_TRACE_INVALID. */
export function parseLine(line: string, place: string): TraceLine {
  const value = jsonOf(line, place);
  if ((value as { k?: unknown } | null)?.k === "end") {
    const parsed = end.safeParse(value);
    if (!parsed.success) throw invalid(place, `not the end of a trace: ${problemOf(parsed.error)}`);
    const { payload_bytes: payloadBytes, ...rest } = parsed.data;
    return { kind: "end", end: { ...rest, payloadBytes } };
  }
  const parsed = record.safeParse(value);
  if (!parsed.success) throw invalid(place, `not a record of a trace: ${problemOf(parsed.error)}`);
  return { kind: "record", record: recordOf(parsed.data) };
}

function recordOf(line: z.infer<typeof record>): TraceRecord {
  const on = { stream: line.s, life: line.life };
  switch (line.k) {
    case "batch": {
      const { seq, at_us: atUs, via, topic } = line;
      return { kind: "batch", ...on, seq, atUs, via, topic, payload: Buffer.from(line.payload, "base64") };
    }
    case "hole":
      return { kind: "hole", ...on, from: line.from, to: line.to, why: line.why };
    case "life":
      return { kind: "life", ...on, atUs: line.at_us, why: line.why };
    case "odd": {
      const frames = line.frames.map((frame) => Buffer.from(frame, "base64"));
      return { kind: "odd", ...on, atUs: line.at_us, frames, problem: line.problem };
    }
  }
}

export function invalid(place: string, what: string): UsageError {
  return new UsageError("KVP_E_TRACE_INVALID", `${place}: ${what}`);
}

function jsonOf(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalid(place, "not JSON");
  }
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "unknown" : [issue.path.join("."), issue.message].filter(Boolean).join(": ");
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}
