/** A trace as what shrinking takes apart: steps of lives of streams. Each says its batch, and its events when they can be read. */
import { KvproofError } from "../../base/errors.js";
import type { Dialect } from "../../protocol/dialects.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import { decodeBatchObjects } from "../../protocol/kv-event-objects.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import { DialectDetector } from "../dialect-detector.js";
import type { BatchRecord, OpenTrace, TraceHeader, TraceRecord, TraceStream } from "../trace/trace-records.js";

/** Shrinking holds the trace in memory, decoded. */
const MAX_BATCHES = 100_000;

export interface Step {
  readonly stream: number;
  readonly life: number;
  readonly ts: number;
  readonly rank: number | null | undefined;
  readonly topic: string | null;
  readonly dialect: Dialect;
  /** null = not decodable: it is kept whole or dropped. */
  readonly events: readonly KvEvent[] | null;
  /** Bytes as recorded; null once the events were changed. */
  readonly payload: Uint8Array | null;
}

export interface Scene {
  readonly streams: readonly TraceStream[];
  readonly steps: readonly Step[];
}

/** @throws KvproofError KVP_E_LIMIT for traces beyond what can be taken apart. */
export async function sceneOf({ header, records }: OpenTrace): Promise<Scene> {
  const batches: BatchRecord[] = [];
  for await (const record of records) {
    if (record.kind !== "batch") continue;
    if (batches.push(record) > MAX_BATCHES)
      throw new KvproofError("KVP_E_LIMIT", `the trace has more than ${MAX_BATCHES} batches; shrink a part of it`);
  }
  const decoded = batches.map((batch) => ({ batch, content: decode(batch.payload) }));
  const detectors = new Map<string, DialectDetector>();
  for (const { batch, content } of decoded) {
    const key = `${batch.stream} ${batch.life}`;
    const detector = detectors.get(key) ?? new DialectDetector();
    detectors.set(key, detector);
    if (content !== null) detector.see(batch.payload, content);
  }
  const steps = decoded.map(({ batch: { stream, life, topic, payload }, content }): Step => {
    const dialect = (detectors.get(`${stream} ${life}`) as DialectDetector).best;
    return {
      stream,
      life,
      topic,
      payload,
      dialect,
      ts: content?.ts ?? 0,
      rank: content?.rank,
      events: content?.events ?? null,
    };
  });
  return { streams: header.streams, steps };
}

/** Numbers are given anew: from 0 in each life, without a hole; lives too. Streams without a step are left out. */
export function traceOf(
  { streams, steps }: Scene,
  extra: readonly Step[] = [],
): { header: TraceHeader; records: TraceRecord[] } {
  const used = [...new Set(steps.map(({ stream }) => stream))].sort((a, b) => a - b);
  const position = new Map(used.map((stream, i) => [stream, i]));
  const lives = new Map<number, { given: number; original: number; next: number }>();
  const records: TraceRecord[] = [];
  for (const step of [...steps, ...extra]) {
    const stream = position.get(step.stream) as number;
    let life = lives.get(stream);
    if (life?.original !== step.life) {
      life = { given: (life?.given ?? 0) + 1, original: step.life, next: 0 };
      lives.set(stream, life);
      records.push({ kind: "life", stream, life: life.given, atUs: 0, why: life.given === 1 ? "shrunk" : "restart" });
    }
    const payload = payloadOf(step);
    records.push({
      kind: "batch",
      stream,
      life: life.given,
      seq: life.next++,
      atUs: records.length * 1000,
      via: "live",
      topic: step.topic,
      payload,
    });
  }
  const header = {
    format: "kvtrace",
    version: 1,
    tool: "kvproof shrink",
    startedAt: new Date(0).toISOString(),
    streams: used.map((stream) => streams[stream] as TraceStream),
  } as const;
  return { header, records };
}

export function withEvents(step: Step, events: readonly KvEvent[]): Step {
  return { ...step, events, payload: null };
}

function payloadOf({ payload, dialect, ts, events, rank }: Step): Uint8Array {
  return payload ?? encodeBatch(dialect, { ts, events: events ?? [], ...(rank === undefined ? {} : { rank }) });
}

function decode(payload: Uint8Array): ReturnType<typeof decodeBatchObjects> | null {
  try {
    return decodeBatchObjects(payload);
  } catch (thrown) {
    if (thrown instanceof KvproofError) return null;
    throw thrown;
  }
}
