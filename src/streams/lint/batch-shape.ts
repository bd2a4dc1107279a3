/** The outer form of a batch, by which a release can be told: what is an array, what a map, and how long arrays are. */
import { MsgpackCursor } from "../../protocol/msgpack-cursor.js";
import { type MsgpackValue, readValue } from "../../protocol/msgpack-value.js";

const MAX_DEPTH = 32;

export interface BatchShape {
  /** Elements of the batch array; 0 = the batch is a map. */
  readonly batchElements: number;
  readonly events: readonly EventShape[];
}

export interface EventShape {
  readonly type: string;
  /** Elements of an array event, tag included; 0 = a map. */
  readonly elements: number;
  /** Keys of a map event. */
  readonly keys: readonly string[];
}

/** @throws ProtocolError when the bytes are no MessagePack. */
export function batchShape(payload: Uint8Array): BatchShape {
  const cursor = new MsgpackCursor();
  cursor.open(payload);
  const batch = readValue(cursor, MAX_DEPTH);
  const events = batch instanceof Map ? batch.get("events") : isArray(batch) ? batch[1] : null;
  return { batchElements: isArray(batch) ? batch.length : 0, events: isArray(events) ? events.map(eventShape) : [] };
}

function eventShape(event: MsgpackValue): EventShape {
  if (isArray(event)) return { type: textOf(event[0]), elements: event.length, keys: [] };
  if (event instanceof Map) {
    const keys = [...(event as ReadonlyMap<MsgpackValue, MsgpackValue>).keys()].map(textOf);
    return { type: textOf((event as ReadonlyMap<MsgpackValue, MsgpackValue>).get("type")), elements: 0, keys };
  }
  return { type: "?", elements: 0, keys: [] };
}

function textOf(value: MsgpackValue | undefined): string {
  return typeof value === "string" ? value : "?";
}

function isArray(value: MsgpackValue | undefined): value is readonly MsgpackValue[] {
  return Array.isArray(value);
}
