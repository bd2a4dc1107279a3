/**
 * A second opinion on the pool: a naive model written from the rules (vllm-wire.md section 3.3) on strings and arrays, against the
 * engine, for requests that run one at a time. Where both agree, a defect would have to be made twice, differently.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_SIZE, anEngine, aRequest, identities, residentInPool, run } from "./test-engine.js";

/** Block contents are named by all tokens from the sequence's start to the block's end. */
class NaivePool {
  /** Free blocks, first to be reused first; `content` is null where nothing is cached. Ages tell copies apart: smaller = older. */
  free: { content: string | null; age: number }[];
  #clock = 0;

  constructor(blocks: number) {
    this.free = Array.from({ length: blocks - 1 }, () => ({ content: null, age: 0 }));
  }

  /** Runs a lone request to its end; returns the tokens it did not have to compute. */
  request(prompt: readonly number[], output: readonly number[]): number {
    const all = [...prompt, ...output];
    const name = (block: number) => all.slice(0, (block + 1) * BLOCK_SIZE).join();
    const held: { content: string | null; age: number }[] = [];
    for (let block = 0; (block + 1) * BLOCK_SIZE < prompt.length; block++) {
      const copies = this.free.filter(({ content }) => content === name(block)).toSorted((a, b) => a.age - b.age);
      if (!copies[0]) break;
      held.push(copies[0]);
      this.free.splice(this.free.indexOf(copies[0]), 1);
    }
    const hits = held.length;
    // The last generated token is never computed: nobody asks for a token after it.
    const computed = all.length - 1;
    for (let block = hits; block * BLOCK_SIZE < computed; block++) {
      this.free.shift();
      const full = (block + 1) * BLOCK_SIZE <= computed;
      held.push({ content: full ? name(block) : null, age: this.#clock++ });
    }
    const tailFirst = held.toReversed();
    this.free.unshift(...tailFirst.filter(({ content }) => content === null));
    this.free.push(...tailFirst.filter(({ content }) => content !== null));
    return hits * BLOCK_SIZE;
  }

  clear(): void {
    this.free = this.free.map(() => ({ content: null, age: 0 }));
  }

  /** Copies per content. */
  residents(): Map<string, number> {
    const copies = new Map<string, number>();
    for (const { content } of this.free) if (content !== null) copies.set(content, (copies.get(content) ?? 0) + 1);
    return copies;
  }
}

function asIdentities(copies: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    [...copies].map(([content, n]) => [identities(Uint32Array.from(content.split(","), Number)).at(-1) as string, n]),
  );
}

const request = fc.record({
  prompt: fc.nat(4),
  branch: fc.constantFrom(4, 8, 16, 40),
  length: fc.integer({ min: 1, max: 40 }),
  output: fc.integer({ min: 1, max: 12 }),
  resetAfter: fc.nat(19).map((n) => n === 0),
});

describe("differential model", () => {
  it("predicts every hit and every resident copy of lone requests, whatever the step budget", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 15, max: 30 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(request, { maxLength: 25 }),
        (numGpuBlocks, maxNumBatchedTokens, script) => {
          const engine = anEngine({ numGpuBlocks, maxNumBatchedTokens });
          const model = new NaivePool(numGpuBlocks);
          for (const [i, { prompt, branch, length, output, resetAfter }] of script.entries()) {
            const tokens = Array.from({ length }, (_, at) => prompt * 1000 + at + (at < branch ? 0 : 100 * branch));
            const generated = Array.from({ length: output }, (_, at) => prompt * 1000 + 500 + at);
            const { cached } = run(
              engine,
              aRequest(`r${i}`, Uint32Array.from(tokens), {
                maxTokens: output,
                nextToken: (at) => generated[at] as number,
              }),
            );
            expect(cached).toEqual({ [`r${i}`]: model.request(tokens, generated) });
            if (resetAfter && engine.resetPrefixCache()) model.clear();
            expect(residentInPool(engine)).toEqual(asIdentities(model.residents()));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
