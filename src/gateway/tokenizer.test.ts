import { describe, expect, it } from "vitest";
import { silentLogger } from "../base/log.js";
import type { Engine } from "./fleet/engine.js";
import { Tokenizer, type TokenizerResult } from "./tokenizer.js";

/** An engine of which only the tokenizer works. */
function anEngine(answer: (body: string) => unknown): { engine: Engine; asked: string[] } {
  const asked: string[] = [];
  const postJson = async (_: string, body: string): Promise<unknown> => {
    asked.push(body);
    return answer(body);
  };
  const engine = { name: "m/1", http: { postJson }, health: { reportFailure: () => undefined }, log: silentLogger };
  return { engine: engine as unknown as Engine, asked };
}

function aTokenizer(limitBytes?: number): { tokenizer: Tokenizer; results: TokenizerResult[] } {
  const results: TokenizerResult[] = [];
  return { tokenizer: new Tokenizer((result) => results.push(result), silentLogger, limitBytes), results };
}

describe("Tokenizer", () => {
  it("asks once for equal prompts, also when they come at the same time", async () => {
    const { engine, asked } = anEngine(() => ({ tokens: [1, 2] }));
    const { tokenizer, results } = aTokenizer();
    const [a, b] = await Promise.all([tokenizer.tokens("x", [engine]), tokenizer.tokens("x", [engine])]);
    expect([a, b, await tokenizer.tokens("x", [engine])]).toEqual([a, a, a]);
    expect(asked).toEqual(["x"]);
    expect([...results].sort((p, q) => p.localeCompare(q))).toEqual(["hit", "hit", "miss"]);
  });

  it("stays within its bytes, the least recently used prompt goes first", async () => {
    const { engine, asked } = anEngine(() => ({ tokens: Array.from({ length: 1_000 }, (_, i) => i) }));
    const { tokenizer } = aTokenizer(10_000);
    for (const prompt of ["a", "b", "a", "c", "a", "b"]) await tokenizer.tokens(prompt, [engine]);
    expect(asked).toEqual(["a", "b", "c", "b"]);
    expect(tokenizer.bytes).toBeLessThanOrEqual(10_000);
    expect(tokenizer.entries).toBe(2);
  });

  it("asks a second engine when the first fails, gives up after that, and does not remember failure", async () => {
    const broken = anEngine(() => {
      throw new Error("no");
    });
    const odd = anEngine(() => ({ tokens: "x" }));
    const good = anEngine(() => ({ tokens: [7] }));
    const { tokenizer, results } = aTokenizer();
    expect(await tokenizer.tokens("x", [broken.engine, odd.engine, good.engine])).toBeNull();
    expect(await tokenizer.tokens("x", [broken.engine, good.engine])).toEqual(Uint32Array.of(7));
    expect(results).toEqual(["failed", "miss"]);
  });
});
