/** A growable scratch buffer that hash inputs are written into; one per hasher, reused for every block. */
export class ByteSink {
  bytes: Buffer;
  length = 0;
  constructor(capacity = 512) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }
  /** Makes room for `count` more bytes. Writers call it once per value with an upper bound, not per byte. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
  u8(value: number): void {
    this.bytes[this.length++] = value;
  }
  u16be(value: number): void {
    this.length = this.bytes.writeUInt16BE(value, this.length);
  }
  u16le(value: number): void {
    this.length = this.bytes.writeUInt16LE(value, this.length);
  }
  u32be(value: number): void {
    this.length = this.bytes.writeUInt32BE(value, this.length);
  }
  u32le(value: number): void {
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }
  latin1(text: string): void {
    this.length += this.bytes.write(text, this.length, "latin1");
  }
  utf8(text: string): void {
    this.length += this.bytes.write(text, this.length, "utf8");
  }
  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
  /** What was written, valid until the next write. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
