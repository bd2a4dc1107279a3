import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identity } from "../testing/a-history.js";
import { IdentityTable } from "./identity-table.js";
import { IntTable } from "./int-table.js";

describe("IntTable", () => {
  it("gives every key one index, in order of arrival, however many there are", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 500 }), (keys) => {
        const table = new IntTable();
        const expected = new Map<number, number>();
        for (const key of keys) {
          if (!expected.has(key)) expected.set(key, expected.size);
          expect(table.add(key)).toBe(expected.get(key));
        }
        for (const [key, index] of expected) expect(table.find(key)).toBe(index);
        expect(table.find(2 ** 31 - 2)).toBe(expected.get(2 ** 31 - 2) ?? -1);
      }),
    );
  });
});

describe("IdentityTable", () => {
  it("keeps identities apart that share 96 of their 128 bits", () => {
    const table = new IdentityTable();
    const alike = ["0", "1", "f"].flatMap((digit) =>
      [0, 8, 16, 24].map((at) => "a".repeat(at) + digit.repeat(8) + "a".repeat(24 - at)),
    );
    expect(new Set(alike.map((id) => table.intern(id))).size).toBe(alike.length);
    for (const [i, id] of alike.entries()) expect(table.hexOf(i)).toBe(id);
  });

  it("survives growth", () => {
    const table = new IdentityTable();
    for (let i = 0; i < 20_000; i++) expect(table.intern(identity(`${i}`))).toBe(i);
    for (let i = 0; i < 20_000; i += 97) expect(table.intern(identity(`${i}`))).toBe(i);
  });

  it.each(["", "abc", "A".repeat(32), `${"0".repeat(31)}g`, `${"0".repeat(31)}é`])(
    "refuses %j as an identity",
    (text) => {
      expect(() => new IdentityTable().intern(text)).toThrow("32 lower-case hex digits");
    },
  );
});
