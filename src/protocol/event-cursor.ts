/** The reads that all events share, with the limits of {@link KvEventLimits} applied. */
import { ProtocolError } from "../base/errors.js";
import type { KvEventLimits } from "./kv-event-limits.js";
import { MsgpackCursor } from "./msgpack-cursor.js";
import { StringCache } from "./string-cache.js";

/** A list of hashes as the views of kv-event-sink.ts hold it. */
interface HashList {
  blockCount: number;
  hashHi: Uint32Array;
  hashLo: Uint32Array;
}

export class EventCursor extends MsgpackCursor {
  private readonly strings = new StringCache();

  constructor(readonly limits: KvEventLimits) {
    super();
  }

  skipValue(): void {
    this.skip(this.limits.maxNestingDepth);
  }

  readHashList(into: HashList): void {
    const count = this.readArray();
    if (count > this.limits.maxBlocksPerEvent) this.checkLimit("maxBlocksPerEvent", count);
    if (count > into.hashHi.length) {
      into.hashHi = grown(into.hashHi, count);
      into.hashLo = grown(into.hashLo, count);
    }
    into.blockCount = count;
    this.readHashes(into.hashHi, into.hashLo, count);
  }

  /** A string, or null for nil. */
  readOptionalString(): string | null {
    if (this.tryNil()) return null;
    this.readText();
    return this.textString();
  }

  /** The string that `readText` found last. */
  textString(): string {
    if (this.textLength > this.limits.maxStringBytes) this.checkLimit("maxStringBytes", this.textLength);
    return this.strings.get(this.bytes, this.textStart, this.textLength);
  }

  /** An integer from 0, or null for nil. */
  readOptionalCount(): number | null {
    return this.tryNil() ? null : this.readCount();
  }

  readCount(): number {
    const value = this.readInt();
    if (value < 0) throw new ProtocolError("KVP_E_EVENT_INVALID", `a count before byte ${this.pos} is ${value}`);
    return value;
  }

  checkLimit(limit: keyof KvEventLimits, value: number): void {
    if (value <= this.limits[limit]) return;
    throw new ProtocolError("KVP_E_MSGPACK_LIMIT", `${value} exceeds ${limit} = ${this.limits[limit]}`, {
      details: { limit, value },
    });
  }
}

/** A larger array; what the old one held is not kept, since every event fills its own. */
export function grown(array: Uint32Array, count: number): Uint32Array {
  return new Uint32Array(Math.max(count, array.length * 2));
}
