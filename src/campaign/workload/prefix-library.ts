/**
 * Prefixes that many prompts begin with. Their tokens depend on the number alone, so that the same tokens occur under every
 * model, adapter and salt: what must not be mixed up is there to be mixed up.
 */
import type { Rng } from "../../base/rng.js";
import { type Prompt, type PromptLineage, randomTokens } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import { lineageKey } from "./lineages.js";

export class PrefixLibrary {
  readonly #context: RunContext;
  readonly #tokens = new Map<number, readonly number[]>();
  readonly #prompts = new Map<string, Prompt>();
  readonly #rng: Rng;
  readonly #length: (rng: Rng, blockSize: number) => number;

  /** `length` draws a prefix's tokens. */
  constructor(context: RunContext, rng: Rng, length: (rng: Rng, blockSize: number) => number) {
    this.#context = context;
    this.#rng = rng;
    this.#length = length;
  }

  /** Prefix number `index` under a lineage, as a prompt that others can be based on. */
  prefix(index: number, lineage: PromptLineage): Prompt {
    const key = `${index} ${lineageKey(lineage)}`;
    const known = this.#prompts.get(key);
    if (known !== undefined) return known;
    let tokens = this.#tokens.get(index);
    if (tokens === undefined) {
      const rng = this.#rng.fork(`prefix ${index}`);
      tokens = randomTokens(rng, this.#length(rng, this.#context.prompts.blockSize(lineage.model)));
      this.#tokens.set(index, tokens);
    }
    const prompt = this.#context.prompts.add(lineage, tokens);
    this.#prompts.set(key, prompt);
    return prompt;
  }

  /** A prompt that begins with prefix `index` and goes on with `suffix`. */
  extended(index: number, lineage: PromptLineage, suffix: readonly number[]): Prompt {
    const prefix = this.prefix(index, lineage);
    return this.#context.prompts.add(lineage, [...prefix.tokens, ...suffix], prefix);
  }
}
