/**
 * The ZeroMQ messages around KV event batches. Source: ZmqEventPublisher, vllm/distributed/kv_events.py.
 *
 *   live      PUB → SUB        [topic, seq, payload]
 *   request   DEALER → ROUTER  ["", start]
 *   reply     ROUTER → DEALER  ["", seq, payload] … ["", ff×8, ""]                  vLLM < 0.26, SGLang
 *                              ["", topic, seq, payload] … ["", "", ff×8, ""]      vLLM ≥ 0.26, TensorRT-LLM
 */
import { InternalError, ProtocolError } from "../base/errors.js";
import { StringCache } from "./string-cache.js";

/** What `decodeSeq` gives for ff×8, the number -1 that ends a replay. No batch can have it. */
export const END_OF_REPLAY = -1;

const SEQ_BYTES = 8;
const TWO_32 = 2 ** 32;
/** First word of the smallest sequence number above 2^53-1. */
const UNSAFE_HIGH = 2 ** 21;
const MAX_TOPIC_BYTES = 4096;
const EMPTY = new Uint8Array(0);
const toUtf8 = new TextEncoder();
/** A memo: a stream repeats one topic, and decoding it costs more than all else here. */
const topics = new StringCache();

type Frames = readonly Uint8Array[];

export interface EventMessage {
  readonly topic: string;
  /** 0 .. 2^53-1. */
  readonly seq: number;
  readonly payload: Uint8Array;
}

export type ReplayReply =
  /** `topic` is null in the era whose replies lack it. */
  | { readonly kind: "batch"; readonly topic: string | null; readonly seq: number; readonly payload: Uint8Array }
  | { readonly kind: "end" };

/** 8 bytes, big endian; `END_OF_REPLAY` is ff×8. */
export function encodeSeq(seq: number): Uint8Array {
  const bytes = new Uint8Array(SEQ_BYTES);
  if (seq === END_OF_REPLAY) return bytes.fill(0xff);
  if (!Number.isSafeInteger(seq) || seq < 0) throw new InternalError(`${seq} is no sequence number`);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(seq / TWO_32));
  view.setUint32(4, seq % TWO_32);
  return bytes;
}

/** @throws ProtocolError KVP_E_FRAME_INVALID for other sizes than 8 bytes and numbers above 2^53-1. */
export function decodeSeq(frame: Uint8Array): number {
  if (frame.length !== SEQ_BYTES) {
    throw new ProtocolError("KVP_E_FRAME_INVALID", `a sequence number has ${SEQ_BYTES} bytes, not ${frame.length}`);
  }
  const high = wordAt(frame, 0);
  const low = wordAt(frame, 4);
  if (high < UNSAFE_HIGH) return high * TWO_32 + low;
  if (high === 0xffffffff && low === 0xffffffff) return END_OF_REPLAY;
  throw new ProtocolError("KVP_E_FRAME_INVALID", "a sequence number exceeds 2^53-1", { details: { high, low } });
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

export function buildEventMessage(topic: string | Uint8Array, seq: number, payload: Uint8Array): Uint8Array[] {
  return [topicBytes(topic), encodeSeq(seq), payload];
}

/**
 * A message from a SUB socket.
 * @throws ProtocolError KVP_E_FRAME_COUNT unless it has 3 frames, KVP_E_FRAME_INVALID for a bad topic or number.
 */
export function parseEventMessage(frames: Frames): EventMessage {
  const [topic, seqFrame, payload] = frames;
  if (frames.length !== 3 || topic === undefined || seqFrame === undefined || payload === undefined) {
    throw frameCount("an event message", "3", frames.length);
  }
  const seq = decodeSeq(seqFrame);
  if (seq === END_OF_REPLAY) {
    throw new ProtocolError("KVP_E_FRAME_INVALID", "a live batch bears the number that ends a replay");
  }
  return { topic: decodeTopic(topic), seq, payload };
}

/** What a DEALER sends to ask for all batches from `start` on. */
export function buildReplayRequest(start: number): Uint8Array[] {
  return [EMPTY, encodeSeq(start)];
}

/**
 * A request as a ROUTER sees it: [client, "", start]. Like vLLM it takes `start` as an unsigned big-endian number of any
 * length; what exceeds 2^53-1 becomes 2^53-1, which like it lies beyond every batch.
 * @throws ProtocolError KVP_E_FRAME_COUNT unless there are 3 frames.
 */
export function parseReplayRequest(frames: Frames): { readonly client: Uint8Array; readonly start: number } {
  const [client, delimiter, startFrame] = frames;
  if (frames.length !== 3 || client === undefined || delimiter === undefined || startFrame === undefined) {
    throw frameCount("a replay request", "3", frames.length);
  }
  if (delimiter.length > 0)
    throw new ProtocolError("KVP_E_FRAME_INVALID", "the second frame of a request is not empty");
  let start = 0;
  for (const byte of startFrame) start = Math.min(start * 256 + byte, Number.MAX_SAFE_INTEGER);
  return { client, start };
}

/** One reply, without the client's identity that a ROUTER puts before it. `frameCount` as in the dialect table. */
export function buildReplayReply(
  frameCount: 3 | 4,
  topic: string | Uint8Array,
  batch: { readonly seq: number; readonly payload: Uint8Array },
): Uint8Array[] {
  const tail = [encodeSeq(batch.seq), batch.payload];
  return frameCount === 3 ? [EMPTY, ...tail] : [EMPTY, topicBytes(topic), ...tail];
}

export function buildReplayEnd(frameCount: 3 | 4): Uint8Array[] {
  const tail = [encodeSeq(END_OF_REPLAY), EMPTY];
  return frameCount === 3 ? [EMPTY, ...tail] : [EMPTY, EMPTY, ...tail];
}

/**
 * A reply as a DEALER sees it, of either era.
 * @throws ProtocolError KVP_E_FRAME_COUNT unless it has 3 or 4 frames, KVP_E_FRAME_INVALID for bad content.
 */
export function parseReplayReply(frames: Frames): ReplayReply {
  const count = frames.length;
  const delimiter = frames[0];
  const seqFrame = frames[count - 2];
  const payload = frames[count - 1];
  if ((count !== 3 && count !== 4) || delimiter === undefined || seqFrame === undefined || payload === undefined) {
    throw frameCount("a replay reply", "3 or 4", count);
  }
  if (delimiter.length > 0) throw new ProtocolError("KVP_E_FRAME_INVALID", "the first frame of a reply is not empty");
  const seq = decodeSeq(seqFrame);
  if (seq === END_OF_REPLAY) return { kind: "end" };
  return { kind: "batch", topic: count === 4 ? decodeTopic(frames[1] as Uint8Array) : null, seq, payload };
}

function decodeTopic(frame: Uint8Array): string {
  if (frame.length === 0) return "";
  if (frame.length > MAX_TOPIC_BYTES) {
    throw new ProtocolError("KVP_E_FRAME_INVALID", `a topic has ${frame.length} bytes, limit ${MAX_TOPIC_BYTES}`);
  }
  try {
    return topics.get(frame, 0, frame.length);
  } catch (cause) {
    throw new ProtocolError("KVP_E_FRAME_INVALID", "a topic is not UTF-8", { cause });
  }
}

function frameCount(what: string, expected: string, seen: number): ProtocolError {
  return new ProtocolError("KVP_E_FRAME_COUNT", `${what} has ${expected} frames, not ${seen}`, { details: { seen } });
}

/** Who sends many messages encodes the topic once. */
function topicBytes(topic: string | Uint8Array): Uint8Array {
  return typeof topic === "string" ? toUtf8.encode(topic) : topic;
}
