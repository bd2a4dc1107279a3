/**
 * MessagePack as msgspec writes it: integers and headers in their minimal width, floats always float64.
 * One growing buffer is reused between messages; `finish` copies the message out of it.
 */
import { InternalError } from "../base/errors.js";

const INITIAL_BYTES = 4096;
/** A buffer that one huge message made larger than this is not kept. */
const KEEP_BYTES = 1 << 20;
const MAX_TOKEN_BYTES = 5;
const TWO_32 = 2 ** 32;
const utf8 = new TextEncoder();

export class MsgpackWriter {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** Forgets what an earlier message, finished or not, left behind. */
  start(): void {
    this.length = 0;
  }

  /** A copy of what was written since `start`. */
  finish(): Uint8Array {
    const message = this.bytes.slice(0, this.length);
    if (this.bytes.length > KEEP_BYTES) this.resize(INITIAL_BYTES);
    this.length = 0;
    return message;
  }

  nil(): void {
    this.byte(0xc0);
  }

  /** Any integer within int64 or uint64. */
  int(value: number | bigint): void {
    if (typeof value === "bigint") return this.bigInt(value);
    if (!Number.isSafeInteger(value)) throw new InternalError(`${value} is not an integer`);
    if (value < 0) return this.negative(value);
    if (value < 0x80) return this.byte(value);
    if (value < 0x100) return this.word8(0xcc, value);
    if (value < 0x10000) return this.word16(0xcd, value);
    if (value < TWO_32) return this.word32(0xce, value);
    this.word64(0xcf, Math.floor(value / TWO_32), value % TWO_32);
  }

  float64(value: number): void {
    this.reserve(9);
    this.bytes[this.length] = 0xcb;
    this.view.setFloat64(this.length + 1, value);
    this.length += 9;
  }

  str(text: string): void {
    this.rawStr(utf8.encode(text));
  }

  bin(value: Uint8Array): void {
    if (value.length < 0x100) this.word8(0xc4, value.length);
    else if (value.length < 0x10000) this.word16(0xc5, value.length);
    else this.word32(0xc6, value.length);
    this.raw(value);
  }

  arrayHeader(count: number): void {
    if (count < 16) this.byte(0x90 | count);
    else if (count < 0x10000) this.word16(0xdc, count);
    else this.word32(0xdd, count);
  }

  mapHeader(count: number): void {
    if (count < 16) this.byte(0x80 | count);
    else if (count < 0x10000) this.word16(0xde, count);
    else this.word32(0xdf, count);
  }

  /** Bytes that are MessagePack already, such as a prepared key. */
  raw(encoded: Uint8Array): void {
    this.reserve(encoded.length);
    this.bytes.set(encoded, this.length);
    this.length += encoded.length;
  }

  /** An array of integers. Those of 32 bits, in practice all, are written without a call per item. */
  ints(values: ArrayLike<number>): void {
    const count = values.length;
    this.arrayHeader(count);
    this.reserve(count * MAX_TOKEN_BYTES);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      if (value !== value >>> 0) {
        this.length = at;
        return this.intsFrom(values, i);
      }
      if (value < 0x80) {
        bytes[at++] = value;
        continue;
      }
      if (value < 0x100) bytes[at++] = 0xcc;
      else {
        if (value < 0x10000) bytes[at++] = 0xcd;
        else {
          bytes[at++] = 0xce;
          bytes[at++] = value >>> 24;
          bytes[at++] = value >>> 16;
        }
        bytes[at++] = value >>> 8;
      }
      bytes[at++] = value;
    }
    this.length = at;
  }

  private intsFrom(values: ArrayLike<number>, from: number): void {
    for (let i = from; i < values.length; i++) this.int(values[i] as number);
  }

  private rawStr(encoded: Uint8Array): void {
    if (encoded.length < 32) this.byte(0xa0 | encoded.length);
    else if (encoded.length < 0x100) this.word8(0xd9, encoded.length);
    else if (encoded.length < 0x10000) this.word16(0xda, encoded.length);
    else this.word32(0xdb, encoded.length);
    this.raw(encoded);
  }

  private bigInt(value: bigint): void {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return this.int(Number(value));
    const unsigned = value > 0n;
    const word = unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
    if (word !== value) throw new InternalError(`${value} does not fit into 64 bits`);
    this.reserve(9);
    this.bytes[this.length] = unsigned ? 0xcf : 0xd3;
    this.view.setBigUint64(this.length + 1, BigInt.asUintN(64, value));
    this.length += 9;
  }

  private negative(value: number): void {
    if (value >= -0x20) return this.byte(value & 0xff);
    if (value >= -0x80) return this.word8(0xd0, value & 0xff);
    if (value >= -0x8000) return this.word16(0xd1, value & 0xffff);
    if (value >= -0x80000000) return this.word32(0xd2, value >>> 0);
    this.word64(0xd3, Math.floor(value / TWO_32), ((value % TWO_32) + TWO_32) % TWO_32);
  }

  private byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  private word8(head: number, value: number): void {
    this.reserve(2);
    this.bytes[this.length++] = head;
    this.bytes[this.length++] = value;
  }

  private word16(head: number, value: number): void {
    this.reserve(3);
    this.bytes[this.length] = head;
    this.view.setUint16(this.length + 1, value);
    this.length += 3;
  }

  private word32(head: number, value: number): void {
    this.reserve(5);
    this.bytes[this.length] = head;
    this.view.setUint32(this.length + 1, value);
    this.length += 5;
  }

  private word64(head: number, high: number, low: number): void {
    this.reserve(9);
    this.bytes[this.length] = head;
    this.view.setInt32(this.length + 1, high | 0);
    this.view.setUint32(this.length + 5, low);
    this.length += 9;
  }

  private reserve(more: number): void {
    if (this.length + more > this.bytes.length) this.resize(Math.max(this.bytes.length * 2, this.length + more));
  }

  private resize(capacity: number): void {
    const kept = this.bytes.subarray(0, Math.min(this.length, capacity));
    this.bytes = new Uint8Array(capacity);
    this.bytes.set(kept);
    this.view = new DataView(this.bytes.buffer);
  }
}
