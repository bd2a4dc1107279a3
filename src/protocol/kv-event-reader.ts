/**
 * KV event batches from bytes to a sink, of every dialect: array or map events in an array or map batch. Each batch says
 * what it is, so a fleet of mixed releases needs no configuration.
 *
 * Hot path: no objects per event and no strings that repeat. Measured on one busy core: 90 to 150 ns per block of 16 tokens
 * from map events, removals included (7 to 11 M blocks per CPU second); `npm run bench:core` guards it.
 */
import { ProtocolError } from "../base/errors.js";
import { EventCursor } from "./event-cursor.js";
import { EVENT_TAGS } from "./event-fields.js";
import { KeyTable, UNKNOWN } from "./key-table.js";
import { DEFAULT_KV_EVENT_LIMITS, type KvEventLimits } from "./kv-event-limits.js";
import type { BatchHeader, KvEventSink } from "./kv-event-sink.js";
import { RemovedEventReader } from "./removed-event-reader.js";
import { StoredEventReader } from "./stored-event-reader.js";

const STORED = 0;
const REMOVED = 1;
const CLEARED = 2;
const TAGS = new KeyTable([EVENT_TAGS.stored, EVENT_TAGS.removed, EVENT_TAGS.cleared]);
const REMOVED_HEAD = 0xa0 | EVENT_TAGS.removed.length;
const TYPE = new KeyTable(["type"]);
const BATCH_KEYS = new KeyTable(["events", "data_parallel_rank"]);
const BATCH_EVENTS = 0;
const BATCH_RANK = 1;

export class KvEventReader {
  private readonly limits: KvEventLimits;
  private readonly cursor: EventCursor;
  private readonly stored: StoredEventReader;
  private readonly removed: RemovedEventReader;
  private unknownType = "";
  private from = 0;
  /** Of the last batch: events that were read and delivered (or passed over), and where the last of them ended. */
  readEventCount = 0;
  readBytes = 0;

  constructor(limits: Partial<KvEventLimits> = {}) {
    this.limits = { ...DEFAULT_KV_EVENT_LIMITS, ...limits };
    this.cursor = new EventCursor(this.limits);
    this.stored = new StoredEventReader(this.cursor);
    this.removed = new RemovedEventReader(this.cursor);
  }

  /**
   * Calls `sink` for each event in order, from number `from` on. A malformed event costs itself while its end can be found.
   * @throws ProtocolError KVP_E_BATCH_INVALID or KVP_E_MSGPACK_* when the rest cannot be read. Events before the damage
   *   have been delivered by then, `readEventCount` of them: a whole copy must be read from there on, or all of it be
   *   forgotten. What the sink throws passes through.
   */
  decodeBatch(payload: Uint8Array, sink: KvEventSink, from = 0): BatchHeader {
    const { cursor } = this;
    this.from = from;
    this.readEventCount = 0;
    this.readBytes = 0;
    cursor.checkLimit("maxBatchBytes", payload.length);
    cursor.open(payload);
    try {
      const header = cursor.atMap() ? this.readMapBatch(sink) : this.readArrayBatch(sink);
      if (cursor.pos === cursor.end) return header;
      throw batchInvalid(`${cursor.end - cursor.pos} bytes follow the batch`);
    } finally {
      cursor.close();
    }
  }

  private readArrayBatch(sink: KvEventSink): BatchHeader {
    const { cursor } = this;
    const items = cursor.readArray();
    if (items < 2) throw batchInvalid(`a batch has 2 or 3 elements, not ${items}`);
    const ts = cursor.readFloat();
    const eventCount = this.readEvents(sink);
    const rank = items > 2 ? cursor.readOptionalCount() : null;
    for (let item = 3; item < items; item++) cursor.skipValue();
    return { ts, rank, eventCount };
  }

  private readMapBatch(sink: KvEventSink): BatchHeader {
    const { cursor } = this;
    let ts: number | undefined;
    let rank: number | null = null;
    let eventCount: number | undefined;
    for (let pairs = cursor.readMap(); pairs > 0; pairs--) {
      if (this.tryTsKey()) {
        ts = cursor.readFloat();
        continue;
      }
      const key = BATCH_KEYS.read(cursor, BATCH_EVENTS, this.limits.maxNestingDepth);
      if (key === BATCH_EVENTS && eventCount === undefined) eventCount = this.readEvents(sink);
      else if (key === BATCH_RANK) rank = cursor.readOptionalCount();
      else cursor.skipValue();
    }
    if (ts === undefined || eventCount === undefined) throw batchInvalid("a map batch lacks ts or events");
    return { ts, rank, eventCount };
  }

  /** `ts` is too short for a key table. */
  private tryTsKey(): boolean {
    const { cursor } = this;
    const { bytes, pos } = cursor;
    if (bytes[pos] !== 0xa2 || bytes[pos + 1] !== 0x74 || bytes[pos + 2] !== 0x73) return false;
    cursor.pos = pos + 3;
    return true;
  }

  private readEvents(sink: KvEventSink): number {
    const { cursor } = this;
    const count = cursor.readArray();
    cursor.checkLimit("maxEventsPerBatch", count);
    let malformed = 0;
    for (let i = 0; i < count; i++) {
      const start = cursor.pos;
      let kind: number;
      try {
        kind = this.readEvent();
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        cursor.pos = start;
        cursor.skipValue();
        cursor.checkLimit("maxMalformedPerBatch", ++malformed);
        if (i >= this.from) sink.malformed?.(error);
        this.readEventCount = i + 1;
        this.readBytes = cursor.pos;
        continue;
      }
      if (i >= this.from) this.deliver(sink, kind);
      this.readEventCount = i + 1;
      this.readBytes = cursor.pos;
    }
    return count;
  }

  private deliver(sink: KvEventSink, kind: number): void {
    if (kind === STORED) sink.stored(this.stored.view);
    else if (kind === REMOVED) sink.removed(this.removed.view);
    else if (kind === CLEARED) sink.cleared();
    else sink.unknown?.(this.unknownType);
  }

  /** Reads one event whole; its kind says which view holds it. */
  private readEvent(): number {
    const { cursor } = this;
    if (cursor.atMap()) return this.readMapEvent();
    if (cursor.atArray()) return this.readArrayEvent();
    throw new ProtocolError("KVP_E_EVENT_INVALID", "an event is neither an array nor a map");
  }

  private readArrayEvent(): number {
    const { cursor } = this;
    const items = cursor.readArray();
    if (items === 0) throw new ProtocolError("KVP_E_EVENT_INVALID", "an event is empty");
    const kind = this.readTag();
    if (kind === STORED) this.stored.readArray(items - 1);
    else if (kind === REMOVED) this.removed.readArray(items - 1);
    else for (let item = 1; item < items; item++) cursor.skipValue();
    return kind;
  }

  private readMapEvent(): number {
    const { cursor } = this;
    const pairs = cursor.readMap();
    const start = cursor.pos;
    let kind: number;
    let left = pairs;
    if (pairs > 0 && TYPE.read(cursor, 0, this.limits.maxNestingDepth) === 0) {
      kind = this.readTag();
      left--;
    } else {
      cursor.pos = start;
      kind = this.findTag(pairs);
      cursor.pos = start;
    }
    if (kind === STORED) this.stored.readMap(left);
    else if (kind === REMOVED) this.removed.readMap(left);
    else for (let value = left * 2; value > 0; value--) cursor.skipValue();
    return kind;
  }

  /** The tag of a map event whose first key is another one. */
  private findTag(pairs: number): number {
    const { cursor } = this;
    for (; pairs > 0; pairs--) {
      if (TYPE.read(cursor, 0, this.limits.maxNestingDepth) === 0) return this.readTag();
      cursor.skipValue();
    }
    throw new ProtocolError("KVP_E_EVENT_INVALID", "a map event lacks its type");
  }

  private readTag(): number {
    const { cursor } = this;
    if (!cursor.atText()) throw new ProtocolError("KVP_E_EVENT_INVALID", "the type of an event is not a string");
    // The first byte holds the length, which differs between the tags.
    const guess = cursor.bytes[cursor.pos] === REMOVED_HEAD ? REMOVED : STORED;
    const kind = TAGS.read(cursor, guess, this.limits.maxNestingDepth);
    if (kind === UNKNOWN) this.unknownType = cursor.textString();
    return kind;
  }
}

function batchInvalid(message: string): ProtocolError {
  return new ProtocolError("KVP_E_BATCH_INVALID", message);
}
