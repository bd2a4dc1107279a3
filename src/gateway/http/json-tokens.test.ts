import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonWithTokens } from "./json-tokens.js";

const plain = (value: unknown): unknown => {
  const record = value as Record<string, unknown>;
  return record?.tokens instanceof Uint32Array ? { ...record, tokens: Array.from(record.tokens) } : value;
};
const parse = (text: string): unknown => plain(parseJsonWithTokens(Buffer.from(text), "tokens"));
const outcome = (run: () => unknown): unknown => {
  try {
    return { value: run() };
  } catch (thrown) {
    return { threw: (thrown as Error).name };
  }
};

describe("parseJsonWithTokens", () => {
  it("reads token ids into typed words, the rest as JSON", () => {
    const value = parseJsonWithTokens(Buffer.from('{"model":"m","tokens":[0, 7,4294967295],"lora":null}'), "tokens");
    expect(value).toEqual({ model: "m", tokens: Uint32Array.of(0, 7, 4294967295), lora: null });
  });

  it("gives what JSON.parse gives for any document, so that no prompt is misread", () => {
    const any = fc.record(
      { tokens: fc.oneof(fc.array(fc.nat()), fc.jsonValue()), model: fc.string(), "x]": fc.jsonValue() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(any, fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses exactly what JSON.parse refuses, however the text is damaged", () => {
    const damage = fc.record({
      at: fc.nat(80),
      cut: fc.nat(3),
      put: fc.constantFrom("", "]", "[", ",", '"', "0", "-", "}", "\\", "e"),
    });
    fc.assert(
      fc.property(fc.array(fc.nat(9999), { maxLength: 8 }), damage, (tokens, { at, cut, put }) => {
        const whole = JSON.stringify({ model: 'a"]\\', tokens, salt: "tokens" });
        const text = whole.slice(0, at) + put + whole.slice(at + cut);
        expect(outcome(() => parse(text))).toEqual(outcome(() => JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '{"tokens":[1],"tokens":[2,3]}',
    '{"a":{"tokens":[9]},"tokens":[1]}',
    '{"a":"tokens","tokens":[1]}',
    '{"a":["tokens",[5]],"tokens":[01]}',
    '{"tokens":[1,]}',
    '{"tokens":[]}',
    '{"tokens":[1.0,2e3]}',
    '{"tokens":[1000,-0]}',
    '{"tokens":[4294967296]}',
    '{"tokens":[12345678901234567890]}',
    '{"\\u0074okens":[1]}',
    '[{"tokens":[1]}]',
    "[1,2]",
    '"tokens"',
    "",
  ])("agrees with JSON.parse on %s", (text) => {
    expect(outcome(() => parse(text))).toEqual(outcome(() => JSON.parse(text)));
  });
});
