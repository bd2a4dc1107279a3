import { describe, expect, it } from "vitest";
import { ReadSlab } from "./read-slab.js";

/** Reads as a socket does: into the room that was given, then asks for the next. */
function read(slab: ReadSlab, room: Buffer, byte: number, bytes: number): Buffer {
  room.fill(byte, 0, bytes);
  const chunk = slab.take(bytes);
  expect(chunk.equals(Buffer.alloc(bytes, byte))).toBe(true);
  return chunk;
}

describe("ReadSlab", () => {
  it("keeps what was read while later reads come", () => {
    const slab = new ReadSlab();
    const chunks = Array.from({ length: 200 }, (_, i) => read(slab, slab.room(), i, 1 + ((i * 977) % 9000)));
    chunks.forEach((chunk, i) => expect(chunk.equals(Buffer.alloc(chunk.length, i))).toBe(true));
  });

  it("puts small reads side by side, and always has room for a large one", () => {
    const slab = new ReadSlab();
    const [first, second] = [read(slab, slab.room(), 1, 300), read(slab, slab.room(), 2, 300)];
    expect(second.buffer).toBe(first.buffer);
    for (let i = 0; i < 500; i++) {
      const room = slab.room();
      expect(room.length).toBeGreaterThanOrEqual(16 << 10);
      read(slab, room, i & 255, i % 7 === 0 ? room.length : 300);
    }
  });
});
