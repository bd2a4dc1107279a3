/**
 * Reads a recording in JSON lines (`{"kind": "event", "port", "topic", "seq", "payload_hex", "t"}`, other kinds are passed over) as a
 * trace: each port is a rank of one engine, and lives are told apart as when listening.
 */
import { basename } from "node:path";
import { z } from "zod";
import { StreamMerge } from "../tap/stream-merge.js";
import { fileLines } from "./file-lines.js";
import { invalid } from "./trace-lines.js";
import { TRACE_FORMAT, TRACE_VERSION, type OpenTrace, type TraceRecord, type TraceStream } from "./trace-records.js";

const eventLine = z.object({
  kind: z.literal("event"),
  /** Unix seconds of receipt. */
  t: z.number().min(0).optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** Lines of several engine releases in one file. */
  version: z.string().max(64).optional(),
  topic: z.string().max(4096).default(""),
  seq: z.int().min(0),
  payload_hex: z.hex().refine((text) => text.length % 2 === 0, "an odd number of hex digits"),
});
type EventLine = z.infer<typeof eventLine>;

/** @throws UsageError KVP_E_TRACE_INVALID with the line. */
export async function openRecording(path: string): Promise<OpenTrace> {
  const keys = new Map<string, EventLine>();
  let startSeconds: number | null = null;
  for await (const event of eventsOf(path)) {
    startSeconds ??= event.t ?? null;
    if (!keys.has(keyOf(event))) keys.set(keyOf(event), event);
  }
  const startedAt = new Date((startSeconds ?? 0) * 1000).toISOString();
  const streams = streamsOf(path, [...keys.values()]);
  const header = { format: TRACE_FORMAT, version: TRACE_VERSION, tool: "recording", startedAt, streams } as const;
  return { header, records: recordsOf(path, [...keys.keys()], startSeconds ?? 0) };
}

async function* recordsOf(path: string, keys: readonly string[], startSeconds: number): AsyncGenerator<TraceRecord> {
  const ready: TraceRecord[] = [];
  const merges = new Map<string, StreamMerge>();
  keys.forEach((key, i) => merges.set(key, new StreamMerge(i, false, { record: (record) => void ready.push(record) })));
  let atUs = 0;
  for await (const { t, seq, topic, payload_hex, ...event } of eventsOf(path)) {
    if (t !== undefined) atUs = Math.max(atUs, Math.round((t - startSeconds) * 1e6));
    merges.get(keyOf(event))?.live({ seq, topic, atUs, payload: Buffer.from(payload_hex, "hex") });
    yield* ready.splice(0);
  }
}

async function* eventsOf(path: string): AsyncGenerator<EventLine> {
  for await (const { number, bytes } of fileLines(path, { gzip: false })) {
    const text = bytes.toString().trim();
    if (text === "") continue;
    const place = `${path}:${number}`;
    let value: { readonly kind?: unknown };
    try {
      value = JSON.parse(text) as typeof value;
    } catch {
      throw invalid(place, "neither a trace (gzip) nor a recording (JSON lines)");
    }
    if (value?.kind !== "event") continue;
    const parsed = eventLine.safeParse(value);
    if (!parsed.success)
      throw invalid(place, parsed.error.issues.map((one) => `${one.path.join(".")}: ${one.message}`).join("; "));
    yield parsed.data;
  }
}

function streamsOf(path: string, firsts: readonly EventLine[]): TraceStream[] {
  const base = Math.min(...firsts.map(({ port }) => port ?? 0));
  return firsts.map(({ port, version, topic }) => ({
    engine: version === undefined ? basename(path).replace(/\.jsonl$/, "") : `vllm-${version}`,
    rank: port === undefined || version !== undefined ? 0 : port - base,
    events: port === undefined ? "" : `tcp://127.0.0.1:${port}`,
    replay: null,
    topic,
  }));
}

function keyOf({ port, version }: Pick<EventLine, "port" | "version">): string {
  return `${version ?? ""}|${port ?? ""}`;
}
