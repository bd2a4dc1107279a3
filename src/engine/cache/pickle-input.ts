/**
 * Hash inputs as Python pickles, byte-equal to `pickle.dumps(value, protocol=5)` of CPython's C pickler for the shapes vLLM
 * hashes: nested tuples of str, int, bytes and None (vllm/utils/hashing.py: sha256, xxhash). One frame: block sizes are
 * limited (MAX_BLOCK_SIZE) so that no input reaches the 64 KiB at which CPython starts a second one.
 */
import { invariant } from "../../base/errors.js";
import type { ByteSink } from "./byte-sink.js";
import type { BlockInput, HashInputFormat, HashValue } from "./hash-input.js";

const PROTO = 0x80;
const FRAME = 0x95;
const STOP = 0x2e;
const NONE = 0x4e;
const MARK = 0x28;
const EMPTY_TUPLE = 0x29;
const TUPLE = 0x74;
/** TUPLE1, TUPLE2, TUPLE3 for 1 to 3 items. */
const TUPLE_BASE = 0x84;
const MEMOIZE = 0x94;
const BINGET = 0x68;
const SHORT_BINBYTES = 0x43;
const SHORT_BINUNICODE = 0x8c;
const BINUNICODE = 0x58;
const BININT1 = 0x4b;
const BININT2 = 0x4d;
const BININT = 0x4a;
const LONG1 = 0x8a;
const HEADER_BYTES = 11;
const MAX_INT_BYTES = 7;
/** CPython's FRAME_SIZE_TARGET. */
const MAX_FRAME_BYTES = 64 * 1024;

/** Strings that CPython keeps as one object (empty, or one Latin-1 character) are written once, then referred to. */
type Memo = { next: number; readonly singletons: Map<string, number> };

export const pickleInput: HashInputFormat = {
  block(sink, input) {
    framed(sink, (memo) => {
      writeParent(sink, input.parent, memo);
      writeTokens(sink, input, memo);
      if (input.extra === null) put(sink, NONE);
      else writeValue(sink, input.extra, memo);
      put(sink, TUPLE_BASE + 3);
      put(sink, MEMOIZE);
    });
  },
  text(sink, text) {
    framed(sink, (memo) => writeValue(sink, text, memo));
  },
};

function framed(sink: ByteSink, body: (memo: Memo) => void): void {
  const start = sink.length;
  sink.reserve(HEADER_BYTES);
  sink.u8(PROTO);
  sink.u8(5);
  sink.u8(FRAME);
  sink.length += 8;
  body({ next: 0, singletons: new Map() });
  put(sink, STOP);
  const frameBytes = sink.length - start - HEADER_BYTES;
  invariant(frameBytes < MAX_FRAME_BYTES, `a hash input of ${frameBytes} bytes needs a second pickle frame`);
  sink.bytes.writeBigUInt64LE(BigInt(frameBytes), start + 3);
}

function writeParent(sink: ByteSink, parent: string, memo: Memo): void {
  sink.reserve(3 + parent.length);
  sink.u8(SHORT_BINBYTES);
  sink.u8(parent.length);
  sink.latin1(parent);
  memoize(sink, memo);
}

function writeTokens(sink: ByteSink, { tokens, from, to }: BlockInput, memo: Memo): void {
  const count = to - from;
  sink.reserve(count * MAX_INT_BYTES + 3);
  if (count > 3) sink.u8(MARK);
  for (let i = from; i < to; i++) putInt(sink, tokens[i] as number);
  closeTuple(sink, count, memo);
}

function writeValue(sink: ByteSink, value: HashValue, memo: Memo): void {
  sink.reserve(MAX_INT_BYTES + 3);
  if (typeof value === "number") putInt(sink, value);
  else if (typeof value === "string") writeText(sink, value, memo);
  else if (value instanceof Uint8Array) writeParent(sink, Buffer.from(value).toString("latin1"), memo);
  else {
    if (value.length > 3) sink.u8(MARK);
    for (const item of value) writeValue(sink, item, memo);
    sink.reserve(2);
    closeTuple(sink, value.length, memo);
  }
}

function writeText(sink: ByteSink, text: string, memo: Memo): void {
  const known = memo.singletons.get(text);
  if (known !== undefined) {
    sink.u8(BINGET);
    return sink.u8(known);
  }
  if (text.length === 0 || (text.length === 1 && text.charCodeAt(0) <= 0xff)) memo.singletons.set(text, memo.next);
  const bytes = Buffer.byteLength(text);
  sink.reserve(bytes + 6);
  if (bytes < 0x100) {
    sink.u8(SHORT_BINUNICODE);
    sink.u8(bytes);
  } else {
    sink.u8(BINUNICODE);
    sink.u32le(bytes);
  }
  sink.utf8(text);
  memoize(sink, memo);
}

function closeTuple(sink: ByteSink, count: number, memo: Memo): void {
  if (count === 0) return sink.u8(EMPTY_TUPLE);
  sink.u8(count > 3 ? TUPLE : TUPLE_BASE + count);
  memoize(sink, memo);
}

function memoize(sink: ByteSink, memo: Memo): void {
  sink.u8(MEMOIZE);
  memo.next++;
}

function putInt(sink: ByteSink, value: number): void {
  if (value >= 0 && value < 0x100) {
    sink.u8(BININT1);
    sink.u8(value);
  } else if (value >= 0 && value < 0x10000) {
    sink.u8(BININT2);
    sink.u16le(value);
  } else if (value <= 0x7fffffff) {
    sink.u8(BININT);
    sink.u32le(value >>> 0);
  } else {
    // Python ints beyond i32: 5 bytes, so that the sign bit stays clear.
    sink.u8(LONG1);
    sink.u8(5);
    sink.u32le(value);
    sink.u8(0);
  }
}

function put(sink: ByteSink, byte: number): void {
  sink.reserve(1);
  sink.u8(byte);
}
