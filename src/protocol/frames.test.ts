import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildEventMessage,
  buildReplayEnd,
  buildReplayReply,
  buildReplayRequest,
  decodeSeq,
  encodeSeq,
  parseEventMessage,
  parseReplayReply,
  parseReplayRequest,
} from "./frames.js";
import { fromHex, toHex } from "./test-events.js";

const empty = new Uint8Array(0);
const payload = fromHex("93");
const coded = (code: string): unknown => expect.objectContaining({ code });
const anySeq = fc.maxSafeNat();

describe("sequence numbers", () => {
  it("come back as they were written, up to 2^53-1", () => {
    fc.assert(
      fc.property(anySeq, (seq) => {
        expect(decodeSeq(encodeSeq(seq))).toBe(seq);
      }),
    );
    expect(toHex(encodeSeq(172))).toBe("00000000000000ac");
    expect(toHex(encodeSeq(Number.MAX_SAFE_INTEGER))).toBe("001fffffffffffff");
  });

  it("use -1 for the end of a replay", () => {
    expect(toHex(encodeSeq(-1))).toBe("ffffffffffffffff");
    expect(decodeSeq(fromHex("ffffffffffffffff"))).toBe(-1);
  });

  it("are refused above 2^53-1 and in other sizes than 8 bytes", () => {
    for (const hex of ["0020000000000000", "fffffffffffffffe", "", "ff", "00000000000000", "000000000000000000"]) {
      expect(() => decodeSeq(fromHex(hex))).toThrow(coded("KVP_E_FRAME_INVALID"));
    }
  });
});

describe("event messages", () => {
  it("come back as they were built, an empty topic too", () => {
    const anyTopic = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(anyTopic, anySeq, fc.uint8Array(), (topic, seq, payload) => {
        expect(parseEventMessage(buildEventMessage(topic, seq, payload))).toEqual({ topic, seq, payload });
      }),
    );
  });

  it("are refused with 0, 1, 2, 4 or 5 frames: some publishers sent such, and guessing would misread a topic", () => {
    for (const count of [0, 1, 2, 4, 5]) {
      const frames = [empty, encodeSeq(1), payload, payload, payload].slice(0, count);
      expect(() => parseEventMessage(frames)).toThrow(coded("KVP_E_FRAME_COUNT"));
    }
  });

  it("are refused with a topic that is not UTF-8 or is huge, or with the number that ends a replay", () => {
    for (const topic of [fromHex("ff"), new Uint8Array(5000)]) {
      expect(() => parseEventMessage([topic, encodeSeq(1), payload])).toThrow(coded("KVP_E_FRAME_INVALID"));
    }
    expect(() => parseEventMessage([empty, encodeSeq(-1), empty])).toThrow(coded("KVP_E_FRAME_INVALID"));
  });
});

describe("replay requests", () => {
  it("reach the ROUTER as [client, empty, start]", () => {
    const client = fromHex("0011223344");
    fc.assert(
      fc.property(anySeq, (start) => {
        expect(parseReplayRequest([client, ...buildReplayRequest(start)])).toEqual({ client, start });
      }),
    );
  });

  it("may give the start in any number of bytes, as vLLM allows", () => {
    const start = (hex: string): number => parseReplayRequest([payload, empty, fromHex(hex)]).start;
    expect(start("07")).toBe(7);
    expect(start("")).toBe(0);
    expect(start("0100")).toBe(256);
    expect(start("ff".repeat(40))).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("are refused without the delimiter, which is how a wrong DEALER shows", () => {
    expect(() => parseReplayRequest([payload, encodeSeq(0)])).toThrow(coded("KVP_E_FRAME_COUNT"));
    expect(() => parseReplayRequest([payload, payload, encodeSeq(0)])).toThrow(coded("KVP_E_FRAME_INVALID"));
  });
});

describe("replay replies", () => {
  it("come back in both eras", () => {
    const batch = { seq: 9, payload };
    expect(parseReplayReply(buildReplayReply(3, "t", batch))).toEqual({ kind: "batch", topic: null, ...batch });
    expect(parseReplayReply(buildReplayReply(4, "t", batch))).toEqual({ kind: "batch", topic: "t", ...batch });
    expect(parseReplayReply(buildReplayEnd(3))).toEqual({ kind: "end" });
    expect(parseReplayReply(buildReplayEnd(4))).toEqual({ kind: "end" });
  });

  it("are refused with other frame counts or a first frame that is not empty", () => {
    for (const count of [0, 1, 2, 5]) {
      const frames = [empty, encodeSeq(1), payload, payload, payload].slice(0, count);
      expect(() => parseReplayReply(frames)).toThrow(coded("KVP_E_FRAME_COUNT"));
    }
    expect(() => parseReplayReply([payload, encodeSeq(1), payload])).toThrow(coded("KVP_E_FRAME_INVALID"));
  });
});
