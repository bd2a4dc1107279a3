/**
 * KV event batches as the objects of kv-event.ts: what tools and tests read. It shares no schema code with the hot reader,
 * so that each can check the other, and together with `encodeBatch` it gives back the bytes it was given.
 */
import { ProtocolError } from "../base/errors.js";
import { DIALECTS } from "./dialects.js";
import { EVENT_FIELDS, EVENT_TAGS, type FieldKey } from "./event-fields.js";
import type { BlockRemoved, BlockStored, ExtraKey, KvEvent, KvEventBatch, WireHash } from "./kv-event.js";
import { DEFAULT_KV_EVENT_LIMITS } from "./kv-event-limits.js";
import { MsgpackCursor } from "./msgpack-cursor.js";
import { type MsgpackValue, readValue } from "./msgpack-value.js";

type Fields = ReadonlyMap<MsgpackValue, MsgpackValue>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The longest array eras name all positions; shorter ones are prefixes of them. */
const STORED_POSITIONS = DIALECTS["vllm-0.22"].storedFields;
const REMOVED_POSITIONS = DIALECTS["vllm-0.22"].removedFields;
const REMOVED_FIELDS = DIALECTS["vllm-0.30"].removedFields;
const SALT_POSITION = 6;

/**
 * The whole batch; events of unknown types are left out, absent and nil optional fields too.
 * @throws ProtocolError when anything in it is malformed: tools want to see what the hot reader would skip.
 */
export function decodeBatchObjects(payload: Uint8Array): KvEventBatch {
  const { maxBatchBytes, maxNestingDepth } = DEFAULT_KV_EVENT_LIMITS;
  if (payload.length > maxBatchBytes)
    throw new ProtocolError("KVP_E_MSGPACK_LIMIT", `more than ${maxBatchBytes} bytes`);
  const cursor = new MsgpackCursor();
  cursor.open(payload);
  const batch = readValue(cursor, maxNestingDepth);
  if (cursor.pos !== cursor.end) throw batchInvalid(`${cursor.end - cursor.pos} bytes follow the batch`);
  if (batch instanceof Map) return batchOf(batch.get("ts"), batch.get("events"), batch.get("data_parallel_rank"));
  if (!isArray(batch) || batch.length < 2) throw batchInvalid("a batch is an array of 2 or 3 elements, or a map");
  return batchOf(batch[0], batch[1], batch[2]);
}

function batchOf(ts: MsgpackValue | undefined, events: MsgpackValue | undefined, rank?: MsgpackValue): KvEventBatch {
  if (typeof ts !== "number" && typeof ts !== "bigint") throw batchInvalid("ts is not a number");
  if (events === undefined || !isArray(events)) throw batchInvalid("events is not an array");
  const decoded = events.map(eventOf).filter((event) => event !== undefined);
  const batch = { ts: Number(ts), events: decoded };
  return rank === undefined ? batch : { ...batch, rank: rank === null ? null : intOf(rank, "data_parallel_rank") };
}

function eventOf(value: MsgpackValue): KvEvent | undefined {
  const fields = value instanceof Map ? value : isArray(value) ? named(value) : undefined;
  if (fields === undefined) throw eventInvalid("an event is neither an array nor a map");
  switch (fields.get("type")) {
    case EVENT_TAGS.stored:
      return storedOf(fields);
    case EVENT_TAGS.removed:
      return removedOf(fields);
    case EVENT_TAGS.cleared:
      return { type: "cleared" };
    default:
      if (typeof fields.get("type") === "string") return undefined;
      throw eventInvalid("an event lacks its type");
  }
}

/** An array event as if it were a map. */
function named(items: readonly MsgpackValue[]): Fields {
  const [tag, ...values] = items;
  const positions = tag === EVENT_TAGS.stored ? STORED_POSITIONS : REMOVED_POSITIONS;
  const fields = new Map<MsgpackValue, MsgpackValue>([["type", tag ?? null]]);
  values.forEach((value, position) => {
    const field = positions[position];
    if (position === SALT_POSITION && value instanceof Map) fields.set("cache_salt", value.get("cache_salt") ?? null);
    else if (field !== undefined) fields.set(field, value);
  });
  return fields;
}

function storedOf(fields: Fields): BlockStored {
  const event: Mutable<BlockStored> = {
    type: "stored",
    blockHashes: hashesOf(required(fields, "block_hashes")),
    parent: optional(required(fields, "parent_block_hash"), hashOf),
    tokenIds: tokensOf(required(fields, "token_ids")),
    blockSize: intOf(required(fields, "block_size"), "block_size"),
    loraId: optional(fields.get("lora_id") ?? null, (value) => intOf(value, "lora_id")),
    loraName: stringOrNull(fields, "lora_name"),
    medium: stringOrNull(fields, "medium"),
  };
  const extraKeys = fields.get("extra_keys") ?? null;
  if (extraKeys !== null) event.extraKeys = extraKeysOf(extraKeys);
  setOptionals(event, fields, STORED_OPTIONALS);
  return event;
}

function removedOf(fields: Fields): BlockRemoved {
  const blockHashes = hashesOf(required(fields, "block_hashes"));
  const event: Mutable<BlockRemoved> = { type: "removed", blockHashes, medium: stringOrNull(fields, "medium") };
  setOptionals(event, fields, REMOVED_FIELDS.slice(2));
  return event;
}

const STORED_OPTIONALS: readonly FieldKey[] = [
  "group_idx",
  "kv_cache_spec_kind",
  "kv_cache_spec_sliding_window",
  "locality",
  "ownership",
  "session_id",
  "cache_salt",
];

function setOptionals(event: object, fields: Fields, names: readonly FieldKey[]): void {
  for (const name of names) {
    const value = fields.get(name) ?? null;
    if (value === null) continue;
    const { property, kind } = EVENT_FIELDS[name];
    Object.assign(event, { [property]: kind === "int" ? intOf(value, name) : stringOf(value, name) });
  }
}

function required(fields: Fields, name: FieldKey): MsgpackValue {
  const value = fields.get(name);
  if (value === undefined) throw eventInvalid(`an event lacks ${name}`);
  return value;
}

function optional<T>(value: MsgpackValue, convert: (value: MsgpackValue) => T): T | null {
  return value === null ? null : convert(value);
}

function stringOrNull(fields: Fields, name: FieldKey): string | null {
  return optional(fields.get(name) ?? null, (value) => stringOf(value, name));
}

function hashOf(value: MsgpackValue): WireHash {
  if (typeof value === "bigint" || value instanceof Uint8Array) return value;
  throw eventInvalid("a hash is neither an integer nor a byte string");
}

function hashesOf(value: MsgpackValue): WireHash[] {
  return listOf(value, "block_hashes").map(hashOf);
}

function tokensOf(value: MsgpackValue): number[] {
  return listOf(value, "token_ids").map((token) => intOf(token, "token_ids"));
}

function extraKeysOf(value: MsgpackValue): (readonly ExtraKey[] | null)[] {
  return listOf(value, "extra_keys").map((keys) =>
    keys === null ? null : listOf(keys, "an entry of extra_keys").map(extraKeyOf),
  );
}

function extraKeyOf(key: MsgpackValue): ExtraKey {
  if (typeof key === "string" || key instanceof Uint8Array) return key;
  const [id, offset] = listOf(key, "an extra key");
  return [stringOf(id ?? null, "an extra key"), intOf(offset ?? null, "an extra key")];
}

function listOf(value: MsgpackValue, name: string): readonly MsgpackValue[] {
  if (isArray(value)) return value;
  throw eventInvalid(`${name} is not a list`);
}

function intOf(value: MsgpackValue, name: string): number {
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
  throw eventInvalid(`${name} is not an integer within 2^53`);
}

function stringOf(value: MsgpackValue, name: string): string {
  if (typeof value === "string") return value;
  throw eventInvalid(`${name} is not a string`);
}

function isArray(value: MsgpackValue): value is readonly MsgpackValue[] {
  return Array.isArray(value);
}

function eventInvalid(message: string): ProtocolError {
  return new ProtocolError("KVP_E_EVENT_INVALID", message);
}

function batchInvalid(message: string): ProtocolError {
  return new ProtocolError("KVP_E_BATCH_INVALID", message);
}
