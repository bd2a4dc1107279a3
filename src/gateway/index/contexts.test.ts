/** What keeps prompts of different models, adapters, salts and block sizes apart, and how long it lives. */
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { adapterKey, type Context, Contexts } from "./contexts.js";

describe("contexts", () => {
  it("differ by adapter, salt and block size, whatever their names look like", () => {
    const contexts = new Contexts(new Rng(1));
    const model = contexts.openModel("m");
    const identities = [
      [null, null, 16],
      [null, null, 1],
      ["-", null, 16],
      [null, "-", 16],
      ["", null, 16],
      [null, "", 16],
      ["a", null, 16],
      [null, "a", 16],
      ["a", "b -", 16],
      ["a +b", null, 16],
      ["a +b", "-", 16],
    ] as const;
    const made = identities.map(([lora, salt, size]) => contexts.acquire(model, lora, salt, size));
    expect(made.map(({ lora, salt, blockSize }) => [lora, salt, blockSize])).toEqual(identities);
    expect(made.map(({ id }) => id)).toEqual(identities.map((_, i) => i));
    expect(new Set(made.map(({ rootLow, rootHigh }) => `${rootLow} ${rootHigh}`)).size).toBe(identities.length);
    expect(identities.map(([lora, salt, size]) => contexts.find(model, lora, salt, size))).toEqual(made);
    expect(contexts.find(model, "b", null, 16)).toBeUndefined();
    expect([contexts.count, [...model.blockSizes]]).toEqual([
      11,
      [
        [16, 10],
        [1, 1],
      ],
    ]);
  });

  it("live until their last user lets go of them; then another may have the number", () => {
    const contexts = new Contexts(new Rng(1));
    const model = contexts.openModel("m");
    const first = contexts.acquire(model, null, null, 16);
    const other = contexts.acquire(model, "sql", null, 16);
    expect(contexts.acquire(model, null, null, 16)).toBe(first);
    contexts.pin(first);
    expect(first.uses).toBe(3);
    contexts.release(first);
    contexts.release(first);
    expect([contexts.find(model, null, null, 16), contexts.byId[0], contexts.count]).toEqual([first, first, 2]);
    contexts.release(first);
    expect([contexts.find(model, null, null, 16), contexts.byId[0], first.id]).toEqual([undefined, undefined, -1]);
    expect([contexts.count, [...model.blockSizes]]).toEqual([1, [[16, 1]]]);
    const next = contexts.acquire(model, null, "s", 8);
    expect([next.id, contexts.byId[0], contexts.byId[1]]).toEqual([0, next, other]);
    contexts.release(other);
    expect([...model.blockSizes]).toEqual([[8, 1]]);
    expect(contexts.acquire(model, null, null, 16)).not.toEqual(first);
  });

  it("are a model's own, which lives as long as it has holders", () => {
    const contexts = new Contexts(new Rng(1));
    const m = contexts.openModel("m");
    const n = contexts.openModel("n");
    expect(contexts.openModel("m")).toBe(m);
    const [inM, inN] = [m, n].map((model) => contexts.acquire(model, null, null, 16)) as [Context, Context];
    expect([inM.model, inN.model, inM.id, inN.id]).toEqual([m, n, 0, 1]);
    contexts.closeModel(m);
    expect([...contexts.models.keys()]).toEqual(["m", "n"]);
    contexts.closeModel(m);
    expect([...contexts.models.keys()]).toEqual(["n"]);
    expect(contexts.openModel("m")).not.toBe(m);
  });

  it("know an adapter by its name, or by an id that no name can equal", () => {
    expect([adapterKey("sql", 1), adapterKey("sql", null), adapterKey("", 1)]).toEqual(["sql", "sql", ""]);
    expect(adapterKey(null, null)).toBeNull();
    expect(adapterKey(null, 7)).toBe("\u0000id 7");
  });
});
