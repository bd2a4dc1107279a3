import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FreeList } from "./free-list.js";

const CAPACITY = 8;

describe("free list", () => {
  it("keeps eviction order under any mix of operations, as a plain array does", () => {
    const operation = fc.record({
      kind: fc.constantFrom("append", "prepend", "remove", "takeFirst"),
      id: fc.nat(CAPACITY - 1),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const list = new FreeList(CAPACITY);
        let model: number[] = [];
        for (const { kind, id } of operations) {
          const inside = model.includes(id);
          if (kind === "append" && !inside) model.push(id);
          if (kind === "prepend" && !inside) model.unshift(id);
          if (kind === "remove" && inside) model = model.filter((other) => other !== id);
          if ((kind === "append" || kind === "prepend") && !inside) list[kind](id);
          if (kind === "remove" && inside) list.remove(id);
          const taken = kind === "takeFirst" && model.length > 0 ? [list.takeFirst(), model.shift()] : [];
          expect(taken[0]).toBe(taken[1]);
          expect([...list]).toEqual(model);
          expect(list.length).toBe(model.length);
        }
      }),
    );
  });

  it("refuses to hold a block twice or to give one it lacks: a block would have two owners", () => {
    const list = new FreeList(CAPACITY);
    list.append(3);
    expect(() => list.append(3)).toThrow("in the free list already");
    expect(() => list.remove(4)).toThrow("not in the free list");
    expect(() => new FreeList(CAPACITY).takeFirst()).toThrow("empty free list");
  });
});
