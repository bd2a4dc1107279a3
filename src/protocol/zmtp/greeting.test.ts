import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, toHex } from "../test-events.js";
import { encodeGreeting, GREETING_BYTES, GreetingReader } from "./greeting.js";

const coded = (code: string): unknown => expect.objectContaining({ code });
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

function withMechanism(mechanism: string): Uint8Array {
  const bytes = encodeGreeting();
  bytes.fill(0, 12, 32);
  bytes.set(ascii(mechanism), 12);
  return bytes;
}

describe("the greeting", () => {
  it("is what ZMTP 3.1 prescribes", () => {
    expect(toHex(encodeGreeting())).toBe(`ff00000000000000007f03014e554c4c${"00".repeat(48)}`);
  });

  it("is read from any chunks, and what follows it is handed back", () => {
    const anyTail = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom<0 | 1>(0, 1), fc.nat(GREETING_BYTES - 1), anyTail, (minor, cut, tail) => {
        const bytes = new Uint8Array(Buffer.concat([encodeGreeting(minor), tail]));
        const reader = new GreetingReader();
        expect(reader.push(bytes.subarray(0, cut))).toBeUndefined();
        const read = reader.push(bytes.subarray(cut));
        expect(read?.greeting).toEqual({ major: 3, minor });
        expect([...(read?.rest ?? [])]).toEqual([...tail]);
      }),
    );
  });

  it("tells an HTTP server at its first byte", () => {
    expect(() => new GreetingReader().push(ascii("H"))).toThrow(coded("KVP_E_ZMTP_GREETING"));
  });

  it("refuses ZMTP 1 and 2", () => {
    expect(() => new GreetingReader().push(ascii("\xff\0\0\0\0\0\0\0\x01\x7e"))).toThrow(coded("KVP_E_ZMTP_GREETING"));
    expect(() => new GreetingReader().push(ascii("\xff\0\0\0\0\0\0\0\x01\x7f\x01"))).toThrow(
      coded("KVP_E_ZMTP_GREETING"),
    );
  });

  it.each(["CURVE", "PLAIN", "GSSAPI", "", "NULLX"])("refuses mechanism %j by name, not by a hang", (mechanism) => {
    expect(() => new GreetingReader().push(withMechanism(mechanism))).toThrow(coded("KVP_E_ZMTP_MECHANISM"));
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const code = codeOf(() => new GreetingReader().push(bytes));
        expect([undefined, "KVP_E_ZMTP_GREETING", "KVP_E_ZMTP_MECHANISM"]).toContain(code);
      }),
    );
  });
});
