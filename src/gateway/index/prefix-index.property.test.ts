/**
 * The index against engines that know the truth: each remembers, by content, how many copies of each block it really has.
 * Whatever they do, in whatever order they tell it, the index must answer the truth (or less, where the events cannot say).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KvEvent } from "../../protocol/kv-event.js";
import { BLOCK, Bench, cleared, hashOf, hashesOf, removed, stored } from "./index-test-kit.js";
import type { Prompt } from "./index-test-kit.js";

const ENGINES = [
  { engine: "a", model: "m", groups: 1 },
  { engine: "b", model: "m", groups: 1 },
  { engine: "c", model: "n", groups: 1 },
  { engine: "hybrid", model: "m", groups: 2 },
] as const;
type EngineSpec = (typeof ENGINES)[number];
const MEDIA = ["GPU", "CPU"] as const;
const MAX_DEPTH = 5;

const prompts: fc.Arbitrary<Prompt> = fc.record({
  lora: fc.constantFrom(null, null, "sql"),
  salt: fc.constantFrom(null, null, "s"),
  tokens: fc
    .array(fc.constantFrom(1, 2), { minLength: 1, maxLength: MAX_DEPTH })
    .map((labels) => labels.flatMap((label) => Array<number>(BLOCK).fill(label))),
});
const steps = fc.record({
  engine: fc.constantFrom(...ENGINES),
  kind: fc.constantFrom("store", "store", "store", "remove", "remove", "sparse", "placeholder", "rare"),
  rare: fc.constantFrom("clear", "purge", "replace"),
  prompt: prompts,
  from: fc.nat(MAX_DEPTH - 1),
  length: fc.integer({ min: 1, max: MAX_DEPTH }),
  medium: fc.constantFrom(...MEDIA),
  group: fc.nat(1),
});
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

/** Copies per group, medium and content. */
class Truth {
  #copies = new Map<string, number>();
  count(group: number, medium: string, content: string): number {
    return this.#copies.get(`${group} ${medium} ${content}`) ?? 0;
  }
  change(group: number, medium: string, content: string, by: number): void {
    this.#copies.set(`${group} ${medium} ${content}`, Math.max(0, this.count(group, medium, content) + by));
  }
  clear(): void {
    this.#copies.clear();
  }
  /** Leading blocks of the prompt that every group holds in some medium. */
  match(prompt: Prompt, groups: number): number {
    const depth = Math.floor(prompt.tokens.length / BLOCK);
    for (let block = 0; block < depth; block++) {
      for (let group = 0; group < groups; group++) {
        if (!MEDIA.some((medium) => this.count(group, medium, contentOf(prompt, block)) > 0)) return block;
      }
    }
    return depth;
  }
}
function contentOf({ lora = null, salt = null, tokens }: Prompt, block: number): string {
  return JSON.stringify([lora, salt, tokens.slice(0, (block + 1) * BLOCK)]);
}

class World {
  readonly bench: Bench;
  readonly truths = new Map<EngineSpec, Truth>();
  constructor(options: { maxBlocks?: number; maxParked?: number } = {}) {
    this.bench = new Bench(options);
    for (const engine of ENGINES) this.#start(engine);
  }
  #start(engine: EngineSpec): void {
    this.bench.add(engine.engine, engine);
    this.truths.set(engine, new Truth());
  }
  run(step: Step): void {
    const { engine, kind } = step;
    if (kind === "rare") this.#rare(step);
    else if (kind === "remove") this.#remove(step);
    else if (kind === "store") this.#store(step);
    else if (kind === "sparse") this.#sparse(step);
    else if (engine.groups === 1) this.#placeholder(step);
  }
  #truth(step: Step): Truth {
    return this.truths.get(step.engine) as Truth;
  }
  #range({ prompt, from, length }: Step): { from: number; to: number } {
    const depth = prompt.tokens.length / BLOCK;
    const start = Math.min(from, depth - 1);
    return { from: start, to: Math.min(depth, start + length) };
  }
  #send(step: Step, ...events: KvEvent[]): void {
    const result = this.bench.send(step.engine.engine, ...events);
    const { rejected, malformedEvents, unknownEvents } = result;
    if (rejected || malformedEvents + unknownEvents > 0 || result.events !== events.length) {
      throw new Error(`not applied whole: ${JSON.stringify(result)}`);
    }
  }
  #store(step: Step): void {
    const { prompt, medium } = step;
    const group = step.group % step.engine.groups;
    const { from, to } = this.#range(step);
    this.#send(step, stored(prompt, { from, to, medium, group }));
    for (let i = from; i < to; i++) this.#truth(step).change(group, medium, contentOf(prompt, i), 1);
  }
  /** A sliding-window group keeps every other block of the run. */
  #sparse(step: Step): void {
    const { prompt, medium, engine } = step;
    const { from, to } = this.#range(step);
    if (engine.groups === 1 || to - from < 2) return;
    const kept = Array.from({ length: to - from }, (_, i) => from + i).filter((i) => i % 2 === 1);
    const blockHashes = kept.map((i) => hashOf(prompt, i + 1));
    this.#send(step, stored(prompt, { from, to, medium, group: 0 }, { blockHashes, extraKeys: undefined }));
    for (const i of kept) this.#truth(step).change(0, medium, contentOf(prompt, i), 1);
  }
  /** Offload of blocks that the GPU holds and whose place in a prefix the index has been told. */
  #placeholder(step: Step): void {
    const { prompt } = step;
    const truth = this.#truth(step);
    const { to } = this.#range(step);
    for (let i = 0; i < to; i++) if (truth.count(0, "GPU", contentOf(prompt, i)) === 0) return;
    const overrides = { tokenIds: [], blockSize: 0, parent: null, extraKeys: undefined };
    this.#send(step, stored(prompt, { to, medium: "CPU" }, overrides));
    for (let i = 0; i < to; i++) truth.change(0, "CPU", contentOf(prompt, i), 1);
  }
  #remove(step: Step): void {
    const { prompt, medium } = step;
    const group = step.group % step.engine.groups;
    const { from, to } = this.#range(step);
    this.#send(step, removed(prompt, { from, to, medium, group }));
    for (let i = from; i < to; i++) this.#truth(step).change(group, medium, contentOf(prompt, i), -1);
  }
  #rare(step: Step): void {
    const { engine, rare } = step;
    if (rare === "clear") this.#send(step, cleared);
    else if (rare === "purge") this.bench.index.sink(this.bench.id(engine.engine)).purge();
    else {
      this.bench.remove(engine.engine);
      this.#start(engine);
    }
    this.#truth(step).clear();
  }
  expected(prompt: Prompt, model: string): Record<string, number> {
    const answer: Record<string, number> = {};
    for (const [engine, truth] of this.truths) {
      const blocks = engine.model === model ? truth.match(prompt, engine.groups) : 0;
      if (blocks > 0) answer[`${engine.engine}/0`] = blocks;
    }
    return answer;
  }
}

/** Every prompt of the small universe that is as long as can be, and some that are tails of others. */
const questions: Prompt[] = [null, "sql"].flatMap((lora) =>
  [null, "s"].flatMap((salt) =>
    Array.from({ length: 2 ** MAX_DEPTH }, (_, bits) => ({
      lora,
      salt,
      tokens: Array.from({ length: MAX_DEPTH }, (_, i) => ((bits >> i) & 1) + 1).flatMap((t) => Array(BLOCK).fill(t)),
    })),
  ),
);

const runs = { numRuns: Number(process.env.KVPROOF_PROPERTY_RUNS ?? 150) };

describe("against engines that know the truth", () => {
  it("answers exactly what is resident, whatever the order of events", () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (script) => {
        const world = new World();
        for (const step of script) {
          world.run(step);
          expect(world.bench.ask(step.prompt, step.engine.model)).toEqual(
            world.expected(step.prompt, step.engine.model),
          );
        }
        for (const model of ["m", "n"]) {
          for (const prompt of questions) expect(world.bench.ask(prompt, model)).toEqual(world.expected(prompt, model));
        }
        for (const { engine } of ENGINES) world.bench.remove(engine);
        expect(world.bench.index.stats()).toMatchObject({ blocks: 0, nodes: 0, parked: 0, unplaced: 0, holders: 0 });
      }),
      runs,
    );
  });

  it("stays within its caps, and then answers less, never more", () => {
    const caps = fc.record({ maxBlocks: fc.integer({ min: 1, max: 30 }), maxParked: fc.nat(6) });
    fc.assert(
      fc.property(caps, fc.array(steps, { maxLength: 60 }), (options, script) => {
        const world = new World(options);
        for (const step of script) {
          world.run(step);
          const { blocks, parked, unplaced } = world.bench.index.stats();
          expect(blocks + parked + unplaced).toBeLessThanOrEqual(options.maxBlocks);
          expect(parked).toBeLessThanOrEqual(options.maxParked);
          const truth = world.expected(step.prompt, step.engine.model);
          for (const [holder, answer] of Object.entries(world.bench.ask(step.prompt, step.engine.model))) {
            expect(answer).toBeLessThanOrEqual(truth[holder] ?? 0);
          }
        }
      }),
      runs,
    );
  });
});

describe("an engine whose hashes leave out the adapter", () => {
  it("is never credited with more than it holds, though a removal does not say which block it means", () => {
    const moves = fc.record({ prompt: prompts, from: fc.nat(2), pick: fc.nat(7), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 50 }), (script) => {
        const bench = new Bench().add("a");
        const resident: { readonly prompt: Prompt; readonly block: number }[] = [];
        for (const { prompt, from, pick, remove } of script) {
          const unsalted = { ...prompt, salt: null };
          const blind = { tokens: prompt.tokens };
          const depth = prompt.tokens.length / BLOCK;
          const victim = resident[pick];
          if (remove && victim !== undefined) {
            resident.splice(pick, 1);
            const { prompt, block } = victim;
            bench.send("a", removed({ tokens: prompt.tokens }, { from: block, to: block + 1 }));
          } else if (from < depth) {
            const blockHashes = hashesOf(blind, from, depth);
            const parent = from === 0 ? null : hashOf(blind, from);
            bench.send("a", stored(unsalted, { from }, { blockHashes, parent }));
            for (let block = from; block < depth; block++) resident.push({ prompt: unsalted, block });
          }
          const held = new Set(resident.map(({ prompt, block }) => contentOf(prompt, block)));
          for (const question of questions) {
            let truth = 0;
            while (truth < MAX_DEPTH && held.has(contentOf(question, truth))) truth++;
            expect(bench.ask(question)["a/0"] ?? 0).toBeLessThanOrEqual(truth);
          }
        }
      }),
      { numRuns: Number(process.env.KVPROOF_PROPERTY_RUNS ?? 60) },
    );
  });
});
