/**
 * A position in MessagePack bytes, and the reads that KV events need: no objects, no strings, numbers as u32 words.
 * Every read checks the end of the bytes first and throws a ProtocolError: KVP_E_MSGPACK_TRUNCATED when the bytes end
 * within the value, KVP_E_MSGPACK_TYPE when it is another type, KVP_E_MSGPACK_INVALID for 0xc1, KVP_E_MSGPACK_LIMIT.
 */
import { ProtocolError } from "../base/errors.js";

const TWO_32 = 2 ** 32;
const SAFE_HIGH = 2 ** 21;
const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);
/** Deeper nesting than any limit may allow; sizes the stack of {@link MsgpackCursor.skip}. */
const MAX_DEPTH = 256;

/** Bytes of a value by its first byte; 0 = its size depends on what follows. */
const FIXED_SIZE = new Uint8Array(256);
for (let head = 0; head < 256; head++) {
  if (head < 0x80 || head >= 0xe0) FIXED_SIZE[head] = 1;
  else if (head >= 0xa0 && head < 0xc0) FIXED_SIZE[head] = 1 + (head & 0x1f);
}
for (const head of [0xc0, 0xc2, 0xc3]) FIXED_SIZE[head] = 1;
for (const [head, size] of [
  [0xca, 5],
  [0xcb, 9],
  [0xcc, 2],
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2],
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
  [0xd4, 3],
  [0xd5, 4],
  [0xd6, 6],
  [0xd7, 10],
  [0xd8, 18],
] as const) {
  FIXED_SIZE[head] = size;
}

export class MsgpackCursor {
  bytes: Uint8Array = EMPTY;
  view: DataView = EMPTY_VIEW;
  pos = 0;
  end = 0;
  /** Words of the value that `readHash` or `readInteger` read last. */
  high = 0;
  low = 0;
  /** Where the content lies that `readText` read last. */
  textStart = 0;
  textLength = 0;
  private readonly pending = new Float64Array(MAX_DEPTH);

  open(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = 0;
    this.end = bytes.length;
  }

  /** Lets go of the bytes, so that an idle reader keeps no batch alive. */
  close(): void {
    this.bytes = EMPTY;
    this.view = EMPTY_VIEW;
    this.pos = this.end = 0;
  }

  /** The first byte of the next value, which stays unread. */
  peek(): number {
    if (this.pos >= this.end) throw this.truncated();
    return this.bytes[this.pos] as number;
  }

  atArray(): boolean {
    const head = this.peek();
    return (head & 0xf0) === 0x90 || head === 0xdc || head === 0xdd;
  }

  atMap(): boolean {
    const head = this.peek();
    return (head & 0xf0) === 0x80 || head === 0xde || head === 0xdf;
  }

  atText(): boolean {
    const head = this.peek();
    return (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb);
  }

  /** True and past it when the next value is nil. */
  tryNil(): boolean {
    if (this.peek() !== 0xc0) return false;
    this.pos++;
    return true;
  }

  /** Item count of an array; each item has at least a byte, so more items than bytes are refused here. */
  readArray(): number {
    const head = this.peek();
    if ((head & 0xf0) === 0x90) return this.container(1, head & 0x0f, 1);
    if (head === 0xdc) return this.container(3, this.unsigned(1, 2), 1);
    if (head === 0xdd) return this.container(5, this.unsigned(1, 4), 1);
    throw this.wrongType("an array");
  }

  /** Pair count of a map. */
  readMap(): number {
    const head = this.peek();
    if ((head & 0xf0) === 0x80) return this.container(1, head & 0x0f, 2);
    if (head === 0xde) return this.container(3, this.unsigned(1, 2), 2);
    if (head === 0xdf) return this.container(5, this.unsigned(1, 4), 2);
    throw this.wrongType("a map");
  }

  private container(headSize: number, count: number, valuesPerItem: 1 | 2): number {
    this.pos += headSize;
    if (count * valuesPerItem > this.end - this.pos) throw this.truncated();
    return count;
  }

  /** An integer into `high` and `low`, in two's complement. True when it is negative. */
  readInteger(): boolean {
    const head = this.peek();
    if (head < 0x80) return this.word(1, 0, head);
    if (head >= 0xe0) return this.word(1, 0xffffffff, head | 0xffffff00);
    if (head >= 0xcc && head <= 0xce)
      return this.word(FIXED_SIZE[head] as number, 0, this.unsigned(1, 1 << (head - 0xcc)));
    if (head === 0xcf) {
      this.word(9, this.unsigned(1, 4), this.unsigned(5, 4));
      return false;
    }
    if (head === 0xd3) return this.word(9, this.unsigned(1, 4), this.unsigned(5, 4));
    if (head < 0xd0 || head > 0xd2) throw this.wrongType("an integer");
    const size = 1 << (head - 0xd0);
    const shift = 32 - size * 8;
    const value = (this.unsigned(1, size) << shift) >> shift;
    return this.word(1 + size, value >> 31, value);
  }

  private word(size: number, high: number, low: number): boolean {
    this.pos += size;
    this.high = high >>> 0;
    this.low = low >>> 0;
    return high >>> 0 > 0x7fffffff;
  }

  /** An integer within ±2^53. */
  readInt(): number {
    const head = this.peek();
    if (head < 0x80) {
      this.pos++;
      return head;
    }
    const start = this.pos;
    const negative = this.readInteger();
    if (!negative && this.high < SAFE_HIGH) return this.high * TWO_32 + this.low;
    if (negative && this.high >= TWO_32 - SAFE_HIGH) return (this.high - TWO_32) * TWO_32 + this.low;
    throw new ProtocolError("KVP_E_MSGPACK_LIMIT", `an integer at byte ${start} exceeds 2^53`);
  }

  /** A float, or an integer as one. */
  readFloat(): number {
    const head = this.peek();
    if (head !== 0xcb && head !== 0xca) return this.readInt();
    const size = head === 0xcb ? 8 : 4;
    if (this.pos + 1 + size > this.end) throw this.truncated();
    const value = size === 8 ? this.view.getFloat64(this.pos + 1) : this.view.getFloat32(this.pos + 1);
    this.pos += 1 + size;
    return value;
  }

  /** A hash into `high` and `low`: an integer's 64 bits, or the last 8 bytes of a digest (shorter ones as a number). */
  readHash(): void {
    const head = this.peek();
    if (head < 0xc4 || head > 0xc6) {
      this.readInteger();
      return;
    }
    const start = this.pos;
    const length = this.readBinHeader();
    if (length === 0) throw new ProtocolError("KVP_E_MSGPACK_TYPE", `an empty hash at byte ${start}`);
    this.pos += length;
    this.low = this.tail(Math.min(4, length), 0);
    this.high = length > 4 ? this.tail(Math.min(4, length - 4), 4) : 0;
  }

  /** `size` bytes that end `before` bytes before the position, as an unsigned number. */
  private tail(size: number, before: number): number {
    let value = 0;
    for (let at = this.pos - before - size; at < this.pos - before; at++)
      value = (value << 8) | (this.bytes[at] as number);
    return value >>> 0;
  }

  /** Length of a byte string; the position is then at its content, which is wholly there. */
  readBinHeader(): number {
    const head = this.peek();
    if (head < 0xc4 || head > 0xc6) throw this.wrongType("a byte string");
    const size = 1 << (head - 0xc4);
    const length = this.unsigned(1, size);
    this.pos += 1 + size;
    if (length > this.end - this.pos) throw this.truncated();
    return length;
  }

  /** A string's place into `textStart` and `textLength`; the bytes are not checked to be UTF-8. */
  readText(): void {
    const head = this.peek();
    let headSize = 1;
    let length = head & 0x1f;
    if ((head & 0xe0) !== 0xa0) {
      if (head < 0xd9 || head > 0xdb) throw this.wrongType("a string");
      headSize += 1 << (head - 0xd9);
      length = this.unsigned(1, headSize - 1);
    }
    const start = this.pos + headSize;
    if (length > this.end - start) throw this.truncated();
    this.textStart = start;
    this.textLength = length;
    this.pos = start + length;
  }

  /**
   * `count` hashes into `hi` and `lo`. Nearly all are 9 bytes (uint64 or int64), read inline.
   */
  readHashes(hi: Uint32Array, lo: Uint32Array, count: number): void {
    const { bytes, view, end } = this;
    let pos = this.pos;
    for (let i = 0; i < count; i++) {
      const head = bytes[pos];
      if ((head === 0xcf || head === 0xd3) && pos + 9 <= end) {
        hi[i] = view.getUint32(pos + 1);
        lo[i] = view.getUint32(pos + 5);
        pos += 9;
        continue;
      }
      this.pos = pos;
      this.readHash();
      hi[i] = this.high;
      lo[i] = this.low;
      pos = this.pos;
    }
    this.pos = pos;
  }

  /**
   * `count` unsigned 32-bit integers into `out`. Widths follow each other at random, so the three wide forms share one
   * path without a branch on the width: read 4 bytes, drop what lies beyond.
   */
  readWords(out: Uint32Array, count: number): void {
    const { bytes, view } = this;
    const last = this.end - 5;
    let pos = this.pos;
    for (let i = 0; i < count; i++) {
      if (pos <= last) {
        const head = bytes[pos] as number;
        const kind = head - 0xcc;
        if (kind >>> 0 < 3) {
          const size = 1 << kind;
          out[i] = view.getUint32(pos + 1) >>> (32 - (size << 3));
          pos += 1 + size;
          continue;
        }
        if (head < 0x80) {
          out[i] = head;
          pos++;
          continue;
        }
      }
      this.pos = pos;
      out[i] = this.readWord();
      pos = this.pos;
    }
    this.pos = pos;
  }

  private readWord(): number {
    const start = this.pos;
    const negative = this.readInteger();
    if (negative || this.high !== 0) {
      throw new ProtocolError("KVP_E_MSGPACK_TYPE", `an integer at byte ${start} is not an unsigned 32-bit number`);
    }
    return this.low;
  }

  /** Passes one value of any type. `maxDepth` (≤ 256) bounds its nesting. */
  skip(maxDepth: number): void {
    const { pending } = this;
    let depth = 0;
    let remaining = 1;
    while (remaining > 0 || depth > 0) {
      if (remaining === 0) {
        remaining = pending[--depth] as number;
        continue;
      }
      remaining--;
      const children = this.skipHead();
      if (children === 0) continue;
      if (depth >= Math.min(maxDepth, MAX_DEPTH)) {
        throw new ProtocolError("KVP_E_MSGPACK_LIMIT", `values nest deeper than ${maxDepth} at byte ${this.pos}`);
      }
      pending[depth++] = remaining;
      remaining = children;
    }
  }

  /** Passes a scalar, or the head of a container: then the number of values in it. */
  private skipHead(): number {
    const head = this.peek();
    const size = FIXED_SIZE[head] as number;
    if (size > 0) return this.advance(size);
    if (this.atArray()) return this.readArray();
    if (this.atMap()) return this.readMap() * 2;
    if (head >= 0xd9) {
      this.readText();
      return 0;
    }
    if (head >= 0xc4 && head <= 0xc6) return this.advance(this.readBinHeader());
    if (head >= 0xc7 && head <= 0xc9) {
      const width = 1 << (head - 0xc7);
      return this.advance(2 + width + this.unsigned(1, width));
    }
    throw new ProtocolError("KVP_E_MSGPACK_INVALID", `byte 0x${head.toString(16)} at ${this.pos} starts no value`);
  }

  private advance(size: number): 0 {
    if (size > this.end - this.pos) throw this.truncated();
    this.pos += size;
    return 0;
  }

  /** `size` (1, 2 or 4) bytes at `pos + offset`. */
  private unsigned(offset: number, size: number): number {
    const at = this.pos + offset;
    if (at + size > this.end) throw this.truncated();
    if (size === 1) return this.bytes[at] as number;
    return size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  truncated(): ProtocolError {
    return new ProtocolError(
      "KVP_E_MSGPACK_TRUNCATED",
      `the value at byte ${this.pos} goes beyond the ${this.end} bytes`,
    );
  }

  wrongType(wanted: string): ProtocolError {
    const head = (this.bytes[this.pos] as number).toString(16).padStart(2, "0");
    return new ProtocolError("KVP_E_MSGPACK_TYPE", `byte ${this.pos} is 0x${head}, not ${wanted}`);
  }
}
