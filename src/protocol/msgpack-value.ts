/** Any MessagePack value as JavaScript, for tools and tests. The hot path reads with the cursor alone. */
import { ProtocolError } from "../base/errors.js";
import type { MsgpackCursor } from "./msgpack-cursor.js";

/** Integers are bigints, so that uint64 hashes survive; floats are numbers. Maps keep their order. */
export type MsgpackValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly MsgpackValue[]
  | ReadonlyMap<MsgpackValue, MsgpackValue>;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value at the cursor. @throws ProtocolError KVP_E_MSGPACK_*; extension types are refused. */
export function readValue(cursor: MsgpackCursor, maxDepth: number): MsgpackValue {
  const head = cursor.peek();
  if (cursor.atArray() || cursor.atMap()) return readContainer(cursor, maxDepth);
  if (cursor.atText()) return readString(cursor);
  if (cursor.tryNil()) return null;
  if (head === 0xc2 || head === 0xc3) {
    cursor.pos++;
    return head === 0xc3;
  }
  if (head === 0xca || head === 0xcb) return cursor.readFloat();
  if (head < 0xc4 || head > 0xc6) return readBigInt(cursor);
  const length = cursor.readBinHeader();
  cursor.pos += length;
  return cursor.bytes.slice(cursor.pos - length, cursor.pos);
}

function readContainer(cursor: MsgpackCursor, maxDepth: number): MsgpackValue {
  if (maxDepth === 0) throw new ProtocolError("KVP_E_MSGPACK_LIMIT", `values nest too deep at byte ${cursor.pos}`);
  if (cursor.atArray()) {
    const items: MsgpackValue[] = [];
    for (let count = cursor.readArray(); count > 0; count--) items.push(readValue(cursor, maxDepth - 1));
    return items;
  }
  const pairs = new Map<MsgpackValue, MsgpackValue>();
  for (let count = cursor.readMap(); count > 0; count--) {
    const key = readValue(cursor, maxDepth - 1);
    pairs.set(key, readValue(cursor, maxDepth - 1));
  }
  return pairs;
}

function readString(cursor: MsgpackCursor): string {
  cursor.readText();
  const { textStart, textLength } = cursor;
  try {
    return decoder.decode(cursor.bytes.subarray(textStart, textStart + textLength));
  } catch (cause) {
    throw new ProtocolError("KVP_E_MSGPACK_INVALID", `the string at byte ${textStart} is not UTF-8`, { cause });
  }
}

function readBigInt(cursor: MsgpackCursor): bigint {
  const negative = cursor.readInteger();
  const bits = (BigInt(cursor.high) << 32n) | BigInt(cursor.low);
  return negative ? BigInt.asIntN(64, bits) : bits;
}
