/** Hash inputs as canonical CBOR, byte-equal to `cbor2.dumps(value, canonical=True)` (vllm/utils/hashing.py: sha256_cbor, xxhash_cbor). */
import type { ByteSink } from "./byte-sink.js";
import type { BlockInput, HashInputFormat, HashValue } from "./hash-input.js";

const UNSIGNED = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const NULL = 0xf6;
/** Longest head: major type plus a u32. */
const MAX_HEAD_BYTES = 5;

export const cborInput: HashInputFormat = {
  block(sink, input) {
    writeHead(sink, ARRAY, 3);
    writeHead(sink, BYTES, input.parent.length);
    sink.reserve(input.parent.length);
    sink.latin1(input.parent);
    writeTokens(sink, input);
    if (input.extra === null) {
      sink.reserve(1);
      sink.u8(NULL);
    } else writeValue(sink, input.extra);
  },
  text: writeValue,
};

function writeTokens(sink: ByteSink, { tokens, from, to }: BlockInput): void {
  writeHead(sink, ARRAY, to - from);
  sink.reserve((to - from) * MAX_HEAD_BYTES);
  for (let i = from; i < to; i++) putHead(sink, UNSIGNED, tokens[i] as number);
}

function writeValue(sink: ByteSink, value: HashValue): void {
  if (typeof value === "number")
    return value < 0 ? writeHead(sink, NEGATIVE, -1 - value) : writeHead(sink, UNSIGNED, value);
  if (typeof value === "string") {
    const bytes = Buffer.byteLength(value);
    writeHead(sink, TEXT, bytes);
    sink.reserve(bytes);
    return sink.utf8(value);
  }
  if (value instanceof Uint8Array) {
    writeHead(sink, BYTES, value.length);
    sink.reserve(value.length);
    return sink.raw(value);
  }
  writeHead(sink, ARRAY, value.length);
  for (const item of value) writeValue(sink, item);
}

function writeHead(sink: ByteSink, major: number, argument: number): void {
  sink.reserve(MAX_HEAD_BYTES);
  putHead(sink, major, argument);
}

function putHead(sink: ByteSink, major: number, argument: number): void {
  if (argument < 24) sink.u8(major | argument);
  else if (argument < 0x100) {
    sink.u8(major | 24);
    sink.u8(argument);
  } else if (argument < 0x10000) {
    sink.u8(major | 25);
    sink.u16be(argument);
  } else {
    sink.u8(major | 26);
    sink.u32be(argument);
  }
}
