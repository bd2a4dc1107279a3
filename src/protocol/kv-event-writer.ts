/**
 * KV event batches as bytes, exactly as msgspec encodes them for each release: `array_like` structs write every field
 * (nil for None); map structs leave out a field that has a default and is None, but not `0`, `[]` or `[None]`.
 */
import { DIALECTS, type Dialect, type DialectSpec } from "./dialects.js";
import { EVENT_FIELDS, EVENT_TAGS, type FieldKey } from "./event-fields.js";
import type { BlockStored, ExtraKey, KvEvent, KvEventBatch, WireHash } from "./kv-event.js";
import { MsgpackWriter } from "./msgpack-writer.js";

type BlockEvent = Exclude<KvEvent, { type: "cleared" }>;

/** Scratch of one thread: started anew by every call and never observable between calls. */
const scratch = new MsgpackWriter();

/**
 * One batch in `dialect`. Fields that the dialect lacks are left out; `rank` is left out of 2-element batches.
 * @throws InternalError when a number is no integer or does not fit into 64 bits.
 */
export function encodeBatch(dialect: Dialect, batch: KvEventBatch): Uint8Array {
  const spec = DIALECTS[dialect];
  scratch.start();
  if (spec.form === "map-map") writeMapBatch(spec, batch);
  else {
    scratch.arrayHeader(spec.batchElements);
    scratch.float64(batch.ts);
    writeEvents(spec, batch.events);
    if (spec.batchElements === 3) writeRank(batch.rank ?? null);
  }
  return scratch.finish();
}

/** One event alone, as it stands inside a batch. */
export function encodeEvent(dialect: Dialect, event: KvEvent): Uint8Array {
  scratch.start();
  writeEvent(DIALECTS[dialect], event);
  return scratch.finish();
}

function writeMapBatch(spec: DialectSpec, batch: KvEventBatch): void {
  const rank = batch.rank ?? null;
  scratch.mapHeader(rank === null ? 2 : 3);
  scratch.str("ts");
  scratch.float64(batch.ts);
  scratch.str("events");
  writeEvents(spec, batch.events);
  if (rank === null) return;
  scratch.str("data_parallel_rank");
  scratch.int(rank);
}

function writeRank(rank: number | null): void {
  if (rank === null) scratch.nil();
  else scratch.int(rank);
}

function writeEvents(spec: DialectSpec, events: readonly KvEvent[]): void {
  scratch.arrayHeader(events.length);
  for (const event of events) writeEvent(spec, event);
}

function writeEvent(spec: DialectSpec, event: KvEvent): void {
  const tag = TAGS[event.type];
  if (event.type === "cleared") return writeTag(spec, tag, 0);
  const fields = event.type === "stored" ? spec.storedFields : spec.removedFields;
  if (spec.form === "array") writeArrayEvent(spec, tag, event, fields);
  else writeMapEvent(spec, tag, event, fields);
}

function writeArrayEvent(spec: DialectSpec, tag: Uint8Array, event: BlockEvent, fields: readonly FieldKey[]): void {
  const salt = spec.saltMap && event.type === "stored" ? (event.cacheSalt ?? null) : null;
  writeTag(spec, tag, fields.length + (salt === null ? 0 : 1));
  for (const field of fields) writeValue(spec, field, valueOf(event, field));
  if (salt === null) return;
  scratch.mapHeader(1);
  scratch.str("cache_salt");
  scratch.str(salt);
}

function writeMapEvent(spec: DialectSpec, tag: Uint8Array, event: BlockEvent, fields: readonly FieldKey[]): void {
  const required = event.type === "stored" ? spec.storedRequired : spec.removedRequired;
  let count = required;
  for (let i = required; i < fields.length; i++) if (valueOf(event, fields[i] as FieldKey) !== null) count++;
  writeTag(spec, tag, count);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as FieldKey;
    const value = valueOf(event, field);
    if (i >= required && value === null) continue;
    scratch.raw(KEYS[field]);
    writeValue(spec, field, value);
  }
}

function writeTag(spec: DialectSpec, tag: Uint8Array, fieldCount: number): void {
  if (spec.form === "array") scratch.arrayHeader(fieldCount + 1);
  else {
    scratch.mapHeader(fieldCount + 1);
    scratch.raw(TYPE_KEY);
  }
  scratch.raw(tag);
}

function valueOf(event: BlockEvent, field: FieldKey): unknown {
  return (event as Partial<BlockStored>)[EVENT_FIELDS[field].property] ?? null;
}

function writeValue(spec: DialectSpec, field: FieldKey, value: unknown): void {
  if (value === null) return scratch.nil();
  switch (EVENT_FIELDS[field].kind) {
    case "int":
      return scratch.int(value as number);
    case "string":
      return scratch.str(value as string);
    case "tokens":
      return scratch.ints(value as ArrayLike<number>);
    case "hash":
      return writeHash(spec, value as WireHash);
    case "hashes": {
      const hashes = value as readonly WireHash[];
      scratch.arrayHeader(hashes.length);
      for (const hash of hashes) writeHash(spec, hash);
      return;
    }
    case "extra-keys":
      return writeExtraKeys(value as NonNullable<BlockStored["extraKeys"]>);
  }
}

function writeHash(spec: DialectSpec, hash: WireHash): void {
  if (typeof hash !== "bigint") scratch.bin(hash);
  else scratch.int(spec.hash === "i64" ? BigInt.asIntN(64, hash) : hash);
}

function writeExtraKeys(blocks: NonNullable<BlockStored["extraKeys"]>): void {
  scratch.arrayHeader(blocks.length);
  for (const keys of blocks) {
    if (keys === null) {
      scratch.nil();
      continue;
    }
    scratch.arrayHeader(keys.length);
    for (const key of keys) writeExtraKey(key);
  }
}

function writeExtraKey(key: ExtraKey): void {
  if (typeof key === "string") return scratch.str(key);
  if (key instanceof Uint8Array) return scratch.bin(key);
  scratch.arrayHeader(2);
  scratch.str(key[0]);
  scratch.int(key[1]);
}

function encodedText(text: string): Uint8Array {
  const writer = new MsgpackWriter();
  writer.str(text);
  return writer.finish();
}

const TYPE_KEY = encodedText("type");
const KEYS = Object.fromEntries(Object.keys(EVENT_FIELDS).map((key) => [key, encodedText(key)])) as Record<
  FieldKey,
  Uint8Array
>;
const TAGS = {
  stored: encodedText(EVENT_TAGS.stored),
  removed: encodedText(EVENT_TAGS.removed),
  cleared: encodedText(EVENT_TAGS.cleared),
};
