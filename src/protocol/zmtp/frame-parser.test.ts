import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, fromHex } from "../test-events.js";
import { encodeCommandFrame, encodeMessage } from "./frame.js";
import { FrameParser, type FrameLimits } from "./frame-parser.js";

type Seen = readonly [kind: "message" | "more" | "command", payload: readonly number[]];

const coded = (code: string): unknown => expect.objectContaining({ code });

function parser(limits: Partial<FrameLimits> = {}): {
  readonly seen: Seen[];
  readonly push: (chunk: Uint8Array) => void;
} {
  const seen: Seen[] = [];
  const parsing = new FrameParser(
    {
      message: (payload, more) => seen.push([more ? "more" : "message", [...payload]]),
      command: (body) => seen.push(["command", [...body]]),
    },
    limits,
  );
  return { seen, push: (chunk) => parsing.push(chunk) };
}

/** Sizes around the switch from short to long frames, and around one chunk. */
const anyPayload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(0, 1, 254, 255, 256, 257, 40_000).map((size) => new Uint8Array(size).fill(size & 0xff)),
);
const anyMessage = fc.array(anyPayload, { minLength: 1, maxLength: 4 });
const anyTraffic = fc.array(fc.oneof(anyMessage, anyPayload), { maxLength: 6 });

function wireOf(traffic: (Uint8Array | Uint8Array[])[]): { bytes: Uint8Array; expected: Seen[] } {
  const bytes = traffic.map((item) => (Array.isArray(item) ? encodeMessage(item) : encodeCommandFrame(item)));
  const expected = traffic.flatMap((item): Seen[] =>
    Array.isArray(item)
      ? item.map((frame, i): Seen => [i < item.length - 1 ? "more" : "message", [...frame]])
      : [["command", [...item]]],
  );
  return { bytes: new Uint8Array(Buffer.concat(bytes)), expected };
}

describe("FrameParser", () => {
  it("gives the frames that were written, however the stream is cut", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(anyTraffic, cuts, (traffic, cuts) => {
        const { bytes, expected } = wireOf(traffic);
        const { seen, push } = parser();
        let at = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
          if (cut > bytes.length) continue;
          push(bytes.subarray(at, cut));
          at = cut;
        }
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("gives the same frames byte by byte", () => {
    const { bytes, expected } = wireOf([
      [fromHex("6b76"), new Uint8Array(300), new Uint8Array(0)],
      fromHex("0450494e47"),
    ]);
    const { seen, push } = parser();
    for (const byte of bytes) push(Uint8Array.of(byte));
    expect(seen).toEqual(expected);
  });

  it("copies nothing when a frame lies in one chunk", () => {
    const chunk = encodeMessage([new Uint8Array(1000)]);
    const buffers: ArrayBufferLike[] = [];
    new FrameParser({ message: (payload) => buffers.push(payload.buffer), command: () => {} }).push(chunk);
    expect(buffers).toEqual([chunk.buffer]);
    expect(buffers[0]).toBe(chunk.buffer);
  });

  it("accepts a heartbeat between the frames of a message, as libzmq sends it", () => {
    const { seen, push } = parser({ maxFramesPerMessage: 2 });
    push(fromHex("010161 04020150 000162"));
    expect(seen.map(([kind]) => kind)).toEqual(["more", "command", "message"]);
  });

  it("reserves memory for what has arrived, not for what is announced", () => {
    const { push } = parser({ maxFrameBytes: 2 ** 40 });
    const before = process.memoryUsage().arrayBuffers;
    push(fromHex("020000000fffffffff" + "00".repeat(100)));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it.each([
    ["reserved flags", "08"],
    ["a command that announces more", "0500"],
    ["a frame beyond the limit", "0200000000000003e9"],
    ["a frame of 2^63 bytes", "02ffffffffffffffff"],
    ["too many frames", "010001000100"],
  ])("refuses %s, and everything after it", (_, hex) => {
    const { seen, push } = parser({ maxFrameBytes: 1000, maxFramesPerMessage: 2 });
    expect(() => push(fromHex(hex))).toThrow(coded("KVP_E_ZMTP_FRAME"));
    const before = seen.length;
    expect(() => push(fromHex("0000"))).toThrow(coded("KVP_E_ZMTP_FRAME"));
    expect(seen.length).toBe(before);
  });

  it("survives any bytes: frames or a typed error, in bounded time", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (chunks) => {
        const { push } = parser({ maxFrameBytes: 4096 });
        expect([undefined, "KVP_E_ZMTP_FRAME"]).toContain(codeOf(() => chunks.forEach(push)));
      }),
    );
  });
});
