/** Our MessagePack against @msgpack/msgpack, in both directions. */
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MsgpackCursor } from "./msgpack-cursor.js";
import { type MsgpackValue, readValue } from "./msgpack-value.js";
import { MsgpackWriter } from "./msgpack-writer.js";
import { codeOf, fromHex, toHex } from "./test-events.js";

const MAX_DEPTH = 32;

function cursorAt(bytes: Uint8Array): MsgpackCursor {
  const cursor = new MsgpackCursor();
  cursor.open(bytes);
  return cursor;
}

function written(write: (writer: MsgpackWriter) => void): Uint8Array {
  const writer = new MsgpackWriter();
  write(writer);
  return writer.finish();
}

/** Integers of every width, and their neighbours. */
const EDGES = [0, 31, 32, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
const anyInt = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -40, max: 300 }),
  fc.constantFrom(...EDGES.flatMap((edge) => [edge, -edge, -edge - 1].filter(Number.isSafeInteger))),
);
const anyText = fc.string({ unit: "grapheme", maxLength: 400 });
const anyBytes = fc.uint8Array({ maxLength: 70_000, size: "large" });
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(anyInt, anyText, fc.uint8Array(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true })),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie("value"), { noNullPrototype: true }),
  ),
}));

/** What both decoders give, in one form: integers as bigints, maps as sorted pairs. */
function normal(value: unknown): unknown {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(normal);
  if (value instanceof Map) return [...value].map(([key, item]) => [key, normal(item)]);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, normal(item)]);
}

describe("the writer", () => {
  it("writes integers, strings, bytes and lists as @msgpack/msgpack does", () => {
    fc.assert(
      fc.property(anyInt, anyText, anyBytes, fc.array(anyInt, { maxLength: 100 }), (int, text, bytes, ints) => {
        expect(toHex(written((writer) => writer.int(int)))).toBe(toHex(encode(int)));
        expect(toHex(written((writer) => writer.int(BigInt(int))))).toBe(toHex(encode(int)));
        expect(toHex(written((writer) => writer.str(text)))).toBe(toHex(encode(text)));
        expect(toHex(written((writer) => writer.bin(bytes)))).toBe(toHex(encode(bytes)));
        expect(toHex(written((writer) => writer.ints(ints)))).toBe(toHex(encode(ints)));
      }),
    );
  });

  it("writes 64-bit integers beyond 2^53", () => {
    const bits = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(bits, (value) => {
        expect(
          normal(
            decode(
              written((writer) => writer.int(value)),
              { useBigInt64: true },
            ),
          ),
        ).toBe(value);
      }),
    );
  });

  it.each([
    [15, 16],
    [65535, 65536],
  ])("switches container heads between %i and %i items", (small, large) => {
    for (const count of [small, large]) {
      const items = Array.from({ length: count }, () => 0);
      expect(toHex(written((writer) => writer.ints(items)))).toBe(toHex(encode(items)));
      const head = toHex(written((writer) => writer.mapHeader(count)));
      expect(head).toBe({ 15: "8f", 16: "de0010", 65535: "deffff", 65536: "df00010000" }[count]);
    }
  });

  it("writes times as float64 even when they are whole, which general encoders do not", () => {
    expect(toHex(written((writer) => writer.float64(1789095808)))).toBe("cb41daa8dbe0000000");
  });
});

describe("the cursor", () => {
  it("reads what @msgpack/msgpack writes", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const cursor = cursorAt(encode(value));
        const read: MsgpackValue = readValue(cursor, MAX_DEPTH);
        expect(normal(read)).toEqual(normal(value));
        expect(cursor.pos).toBe(cursor.end);
      }),
    );
  });

  it("skips exactly one value, whatever it is", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        const cursor = cursorAt(new Uint8Array([...bytes, 0xc1]));
        cursor.skip(MAX_DEPTH);
        expect(cursor.pos).toBe(bytes.length);
      }),
    );
  });

  it("skips extension types, which no dialect uses yet", () => {
    for (const hex of ["d401ff", `d801${"00".repeat(16)}`, "c70301010203", "c8000101ff", "c90000000101ff"]) {
      const cursor = cursorAt(fromHex(hex));
      cursor.skip(MAX_DEPTH);
      expect(cursor.pos).toBe(cursor.end);
      expect(codeOf(() => readValue(cursorAt(fromHex(hex)), MAX_DEPTH))).toBe("KVP_E_MSGPACK_TYPE");
    }
  });

  it("finds every cut", () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, cut) => {
        const bytes = encode(value);
        const short = bytes.subarray(0, cut % bytes.length);
        expect(codeOf(() => cursorAt(short).skip(MAX_DEPTH))).toBe("KVP_E_MSGPACK_TRUNCATED");
        expect(codeOf(() => readValue(cursorAt(short), MAX_DEPTH))).toBe("KVP_E_MSGPACK_TRUNCATED");
      }),
    );
  });

  it("refuses announced sizes beyond the bytes before reserving memory for them", () => {
    for (const hex of ["ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff01"]) {
      expect(codeOf(() => cursorAt(fromHex(hex)).skip(MAX_DEPTH))).toBe("KVP_E_MSGPACK_TRUNCATED");
      expect(codeOf(() => readValue(cursorAt(fromHex(hex)), MAX_DEPTH))).toMatch(/TRUNCATED|TYPE/);
    }
  });

  it("reads integers beyond 2^53 as words, and refuses them as numbers", () => {
    expect(codeOf(() => cursorAt(fromHex("cf0020000000000000")).readInt())).toBe("KVP_E_MSGPACK_LIMIT");
    expect(codeOf(() => cursorAt(fromHex("d3ffdfffffffffffff")).readInt())).toBe("KVP_E_MSGPACK_LIMIT");
    expect(cursorAt(fromHex("cf001fffffffffffff")).readInt()).toBe(Number.MAX_SAFE_INTEGER);
    expect(cursorAt(fromHex("d3ffe0000000000001")).readInt()).toBe(Number.MIN_SAFE_INTEGER);
  });

  it("nests as deep as its limit and no deeper", () => {
    const nested = (depth: number): Uint8Array => fromHex("91".repeat(depth) + "c0");
    expect(codeOf(() => cursorAt(nested(MAX_DEPTH)).skip(MAX_DEPTH))).toBeUndefined();
    expect(codeOf(() => cursorAt(nested(MAX_DEPTH + 1)).skip(MAX_DEPTH))).toBe("KVP_E_MSGPACK_LIMIT");
    expect(codeOf(() => readValue(cursorAt(nested(MAX_DEPTH + 1)), MAX_DEPTH))).toBe("KVP_E_MSGPACK_LIMIT");
    expect(codeOf(() => readValue(cursorAt(nested(MAX_DEPTH)), MAX_DEPTH))).toBeUndefined();
  });
});
