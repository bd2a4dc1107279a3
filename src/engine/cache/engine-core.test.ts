import { describe, expect, it } from "vitest";
import { UsageError } from "../../base/errors.js";
import type { BlockStored } from "../../protocol/kv-event.js";
import { anEngine, aRequest, identities, residentInPool, run, shape, tokensOf } from "./test-engine.js";

const ADAPTER = { name: "sql", path: "/adapters/sql", id: 7 };

describe("prefix reuse", () => {
  it("spares a repeated prompt all blocks but the one of its last token, and says nothing on the wire", () => {
    const engine = anEngine();
    expect(shape(run(engine, aRequest("a", tokensOf(1, 10))).events)).toEqual(["+2"]);
    const again = run(engine, aRequest("b", tokensOf(1, 10)));
    expect(again.cached).toEqual({ b: 8 });
    expect(again.events).toEqual([]);
  });

  it("stores the last block of an aligned prompt once more on every repeat, and removes each copy on its own", () => {
    const engine = anEngine({ numGpuBlocks: 8 });
    const hashesOf = (events: readonly { type: string }[]) =>
      (events as BlockStored[]).flatMap((event) => event.blockHashes);
    const first = run(engine, aRequest("a", tokensOf(1, 8)));
    const second = run(engine, aRequest("b", tokensOf(1, 8)));
    const third = run(engine, aRequest("c", tokensOf(1, 8)));
    expect([second.cached, third.cached]).toEqual([{ b: 4 }, { c: 4 }]);
    const last = hashesOf(first.events)[1];
    expect(hashesOf([...second.events, ...third.events])).toEqual([last, last]);
    const { events } = run(engine, aRequest("flood", tokensOf(2, 27)));
    const removed = events.filter(({ type }) => type === "removed");
    expect(hashesOf(removed).filter((hash) => hash === last).length).toBe(3);
  });

  it("lets sharers hit a prefix that another request computes in the same step", () => {
    const engine = anEngine();
    const prompts = ["a", "b", "c", "d"].map((id, i) => aRequest(id, Uint32Array.from([...tokensOf(1, 8), 50 + i])));
    const burst = run(engine, ...prompts);
    expect(burst.cached).toEqual({ a: 0, b: 8, c: 8, d: 8 });
    expect(shape(burst.events)).toEqual(["+2"]);
  });

  it("keeps base, adapter and salt apart for equal tokens", () => {
    const engine = anEngine();
    const tokens = tokensOf(1, 9);
    run(engine, aRequest("base", tokens));
    expect(run(engine, aRequest("lora", tokens, { adapter: ADAPTER })).cached).toEqual({ lora: 0 });
    expect(run(engine, aRequest("path", tokens, { adapter: { ...ADAPTER, path: "/new", id: 8 } })).cached).toEqual({
      path: 0,
    });
    const salted = run(engine, aRequest("salt", tokens, { salt: "s" }));
    expect(salted.cached).toEqual({ salt: 0 });
    expect((salted.events[0] as BlockStored).extraKeys).toEqual([["s"], null]);
    const both = run(engine, aRequest("both", tokens, { adapter: ADAPTER, salt: "s" }));
    expect(both.events[0]).toMatchObject({ loraId: 7, loraName: "sql", extraKeys: [["sql", "s"], ["sql"]] });
    expect(run(engine, aRequest("again", tokens, { adapter: ADAPTER, salt: "s" })).cached).toEqual({ again: 8 });
  });

  it("reports the hit blocks again in full mode, which the ledger does not count as copies", () => {
    const engine = anEngine();
    run(engine, aRequest("a", tokensOf(1, 10)));
    const { events, ledger } = run(engine, aRequest("b", tokensOf(1, 14), { reportFull: true, sessionId: "s1" }));
    expect(shape(events)).toEqual(["+2", "+1"]);
    expect(events[0]).toMatchObject({ parent: null, sessionId: "s1" });
    expect(ledger.map(({ op }) => op)).toEqual(["store"]);
  });
});

describe("steps", () => {
  it("chunks a long prompt by the step budget, one chained store per step, first token with the last chunk", () => {
    const engine = anEngine({ maxNumBatchedTokens: 8 });
    const { steps } = run(engine, aRequest("a", tokensOf(1, 18), { maxTokens: 2 }));
    expect(steps.map((step) => [step.prefillTokens, step.decodeTokens, step.outputs.length])).toEqual([
      [8, 0, 0],
      [8, 0, 0],
      [2, 0, 1],
      [0, 1, 1],
    ]);
    const [first, second] = steps.map((step) => step.events[0] as BlockStored);
    expect(second?.parent).toBe(first?.blockHashes.at(-1));
    expect(steps.flatMap(({ outputs }) => outputs)).toMatchObject([
      { index: 0, firstToken: true, finishReason: null },
      { index: 1, firstToken: false, finishReason: "length" },
    ]);
  });

  it("stores a block of generated tokens when its last token is computed, not when it is sampled", () => {
    const engine = anEngine();
    const { steps } = run(engine, aRequest("a", tokensOf(1, 6), { maxTokens: 4 }));
    expect(steps.map(({ events }) => shape(events))).toEqual([["+1"], [], ["+1"], []]);
  });

  it("stops at a stop token and at the model's length", () => {
    const engine = anEngine({ maxModelLen: 10 });
    const stopped = run(engine, aRequest("a", tokensOf(1, 5), { maxTokens: 9, isStop: (_, index) => index === 2 }));
    expect(stopped.outputs.at(-1)).toMatchObject({ index: 2, finishReason: "stop" });
    const full = run(engine, aRequest("b", tokensOf(2, 5), { maxTokens: 9 }));
    expect(full.outputs.at(-1)).toMatchObject({ index: 4, finishReason: "length" });
  });

  it("puts removals before the store of the content that replaces them", () => {
    const engine = anEngine({ numGpuBlocks: 6 });
    run(engine, aRequest("a", tokensOf(1, 17)));
    expect(run(engine, aRequest("b", tokensOf(2, 12))).steps.map(({ events }) => shape(events))).toEqual([
      ["-1", "-1", "+3"],
    ]);
  });

  it("evicts the tail of the least recently used prompt first, so that its head still matches", () => {
    const engine = anEngine({ numGpuBlocks: 6 });
    run(engine, aRequest("a", tokensOf(1, 17)));
    run(engine, aRequest("b", tokensOf(2, 12)));
    expect(run(engine, aRequest("a2", tokensOf(1, 17))).cached).toEqual({ a2: 8 });
  });

  it("preempts the last running request when blocks run out; it finishes later, with its cache hits", () => {
    const engine = anEngine({ numGpuBlocks: 8 });
    const { steps, outputs, cached } = run(
      engine,
      aRequest("a", tokensOf(1, 11), { maxTokens: 12 }),
      aRequest("b", tokensOf(2, 11), { maxTokens: 12 }),
    );
    expect(steps.flatMap(({ preempted }) => preempted)).toEqual(["b"]);
    expect(engine.stats()).toMatchObject({ preemptions: 1, prefixQueries: 22, prefixHits: 0, usedBlocks: 0 });
    expect(outputs.filter(({ id }) => id === "b").map(({ index }) => index)).toEqual([...Array(12).keys()]);
    expect(cached).toEqual({ a: 0, b: 0 });
  });

  it("admits nobody whose whole prompt does not fit, even if its first chunk would", () => {
    const engine = anEngine({ numGpuBlocks: 8, maxNumBatchedTokens: 8 });
    engine.addRequest(aRequest("a", tokensOf(1, 16), { maxTokens: 3 }));
    engine.addRequest(aRequest("b", tokensOf(2, 16)));
    engine.step();
    engine.step();
    engine.step();
    expect(engine.stats()).toMatchObject({ running: 1, waiting: 1 });
  });

  it("never runs more sequences than it has seats", () => {
    const engine = anEngine({ maxNumSeqs: 2 });
    for (const id of ["a", "b", "c"]) engine.addRequest(aRequest(id, tokensOf(1, 3), { maxTokens: 2 }));
    engine.step();
    expect(engine.stats()).toMatchObject({ running: 2, waiting: 1 });
  });
});

describe("abort and reset", () => {
  it("keeps the blocks of an aborted request cached, without an event", () => {
    const engine = anEngine();
    engine.addRequest(aRequest("a", tokensOf(1, 9), { maxTokens: 5 }));
    engine.step();
    expect([engine.abort("a"), engine.abort("a")]).toEqual([true, false]);
    expect(engine.hasWork()).toBe(false);
    expect(engine.stats().usedBlocks).toBe(0);
    expect(run(engine, aRequest("b", tokensOf(1, 9))).cached).toEqual({ b: 8 });
  });

  it("does not flush a reset of an idle engine: the event leaves with the next step", () => {
    const engine = anEngine();
    run(engine, aRequest("a", tokensOf(1, 9)));
    expect(engine.resetPrefixCache()).toBe(true);
    expect(engine.step().events).toEqual([]);
    const next = run(engine, aRequest("b", tokensOf(1, 9)));
    expect(shape(next.events)).toEqual(["clear", "+2"]);
    expect(next.cached).toEqual({ b: 0 });
  });

  it("refuses a reset under a running request, unless told to start it over", () => {
    const engine = anEngine();
    engine.addRequest(aRequest("a", tokensOf(1, 9), { maxTokens: 5 }));
    engine.step();
    expect(engine.resetPrefixCache()).toBe(false);
    expect(engine.resetPrefixCache({ resetRunning: true })).toBe(true);
    const rest = run(engine);
    expect(shape(rest.events)).toEqual(["clear", "+2", "+1"]);
    expect((rest.events[1] as BlockStored).parent).toBeNull();
    expect(rest.outputs.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
  });
});

describe("lab control", () => {
  it("stores and evicts blocks by tokens; requests hit what was stored", () => {
    const engine = anEngine();
    const tokens = tokensOf(1, 18);
    expect(engine.storeBlocks(tokens, null, null)).toEqual({ stored: 4, resident: 0 });
    expect(engine.storeBlocks(tokens, null, null)).toEqual({ stored: 0, resident: 4 });
    expect(shape(engine.takeLabEvents().events)).toEqual(["+4"]);
    expect(run(engine, aRequest("a", tokens)).cached).toEqual({ a: 16 });
    expect(engine.evictBlocks(tokens, null, null, { from: 1 })).toBe(3);
    expect(shape(engine.takeLabEvents().events)).toEqual(["-1", "-1", "-1"]);
    expect([...residentInPool(engine).keys()]).toEqual(identities(tokens).slice(0, 1));
    expect(engine.takeLabEvents()).toEqual({ events: [], ledger: [] });
  });

  it("never evicts a block in use and stores only as much as fits", () => {
    const engine = anEngine({ numGpuBlocks: 6 });
    engine.addRequest(aRequest("a", tokensOf(1, 9), { maxTokens: 5 }));
    engine.step();
    engine.takeLabEvents();
    expect(engine.evictBlocks(tokensOf(1, 9), null, null)).toBe(0);
    expect(engine.storeBlocks(tokensOf(2, 40), null, null)).toEqual({ stored: 2, resident: 0 });
    expect(engine.stats().usedBlocks).toBe(3);
  });

  it("events of the lab join the batch of the next step", () => {
    const engine = anEngine();
    engine.storeBlocks(tokensOf(1, 4), null, null);
    expect(run(engine, aRequest("a", tokensOf(2, 5))).steps.map(({ events }) => shape(events))).toEqual([["+1", "+1"]]);
  });
});

describe("configuration", () => {
  it.each([
    [{ maxModelLen: 61 }, "does not fit"],
    [{ blockSize: 0 }, "block size"],
    [{ blockSize: 8193 }, "block size"],
    [{ numGpuBlocks: 1 }, "number of GPU blocks"],
    [{ maxNumSeqs: 0 }, "max number of sequences"],
    [{ kvGroups: 0 }, "number of KV groups"],
    [{ cpuBlocks: -1 }, "number of CPU blocks"],
  ])("refuses %o as vLLM refuses to start", (config, message) => {
    expect(() => anEngine(config)).toThrow(UsageError);
    expect(() => anEngine(config)).toThrow(message);
  });

  it.each([
    [tokensOf(1, 0), 1, "empty"],
    [tokensOf(1, 60), 1, "no room for output"],
    [tokensOf(1, 5), 0, "max_tokens must be at least 1"],
  ])("refuses a request that can never be served", (tokens, maxTokens, message) => {
    const engine = anEngine();
    expect(() => engine.addRequest(aRequest("a", tokens, { maxTokens }))).toThrow(message);
    expect(engine.hasWork()).toBe(false);
  });

  it("refuses an id in use: outputs would be delivered to the wrong client", () => {
    const engine = anEngine();
    engine.addRequest(aRequest("a", tokensOf(1, 5)));
    expect(() => engine.addRequest(aRequest("a", tokensOf(2, 5)))).toThrow("in use");
  });

  it("counts the usable blocks only: usage is 1 when all but the null block are held", () => {
    const engine = anEngine({ numGpuBlocks: 4 });
    engine.storeBlocks(tokensOf(1, 12), null, null);
    expect(engine.stats()).toMatchObject({ usage: 0, cachedBlocks: 3 });
    engine.addRequest(aRequest("a", tokensOf(2, 9), { maxTokens: 2 }));
    engine.step();
    expect(engine.stats()).toMatchObject({ usage: 1, cachedBlocks: 2 });
  });
});
