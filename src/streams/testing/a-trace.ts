/** Traces for tests, in a few words. Blocks are named by small numbers: block 7 has hash 7 and tokens 7, 7, …. */
import type { Dialect } from "../../protocol/dialects.js";
import type { BlockRemoved, BlockStored, KvEvent } from "../../protocol/kv-event.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import {
  TRACE_FORMAT,
  TRACE_VERSION,
  type BatchRecord,
  type OpenTrace,
  type TraceRecord,
  type TraceStream,
} from "../trace/trace-records.js";

export const BLOCK_SIZE = 4;

export function aStream(fields: Partial<TraceStream> = {}): TraceStream {
  return { engine: "a", rank: 0, events: "tcp://127.0.0.1:5557", replay: null, topic: "", ...fields };
}

/** `stored(null, [1, 2])`: blocks 1 and 2 from the root; `stored(2, [3])`: block 3 below 2. */
export function stored(
  parent: number | null,
  blocks: readonly number[],
  fields: Partial<BlockStored> = {},
): BlockStored {
  return {
    type: "stored",
    blockHashes: blocks.map(BigInt),
    parent: parent === null ? null : BigInt(parent),
    tokenIds: blocks.flatMap((block) => Array.from({ length: BLOCK_SIZE }, () => block)),
    blockSize: BLOCK_SIZE,
    loraId: null,
    loraName: null,
    medium: "GPU",
    extraKeys: blocks.map(() => null),
    groupIdx: 0,
    specKind: "full_attention",
    ...fields,
  };
}

export function removed(blocks: readonly number[], fields: Partial<BlockRemoved> = {}): BlockRemoved {
  return { type: "removed", blockHashes: blocks.map(BigInt), medium: "GPU", groupIdx: 0, ...fields };
}

export const cleared: KvEvent = { type: "cleared" };

export interface BatchFields {
  readonly stream?: number;
  readonly life?: number;
  readonly ts?: number;
  readonly rank?: number | null;
  readonly dialect?: Dialect;
  readonly atUs?: number;
  readonly via?: "live" | "replay";
}

export function aBatch(seq: number, events: readonly KvEvent[], fields: BatchFields = {}): BatchRecord {
  const {
    stream = 0,
    life = 1,
    ts = 100 + seq,
    rank = 0,
    dialect = "vllm-0.30",
    atUs = seq * 1000,
    via = "live",
  } = fields;
  const payload = encodeBatch(dialect, { ts, events, rank });
  return { kind: "batch", stream, life, seq, atUs, via, topic: "", payload };
}

export function aTrace(records: readonly TraceRecord[], streams: readonly TraceStream[] = [aStream()]): OpenTrace {
  const header = {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    tool: "test",
    startedAt: "2026-01-01T00:00:00.000Z",
    streams,
  } as const;
  return {
    header,
    records: (async function* () {
      yield* records;
    })(),
  };
}
