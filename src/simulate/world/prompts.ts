/** The prompts of a simulated run: shared prefixes, repeats, the same tokens under other models, adapters and salts. */
import { identityChain } from "../../base/block-identity.js";
import type { Rng } from "../../base/rng.js";
import type { Adapter } from "../../engine/cache/engine-types.js";
import type { PromptRecord } from "../../judge/history/records.js";

export interface SimLineage {
  readonly model: string;
  readonly adapter: Adapter | null;
  readonly salt: string | null;
}

export interface SimPrompt extends SimLineage {
  readonly id: string;
  readonly tokens: Uint32Array;
  readonly blocks: number;
}

const PREFIXES = 6;
const MAX_PREFIX_BLOCKS = 8;
const MAX_SUFFIX_BLOCKS = 6;
const VOCABULARY = 1000;
/** Share of sends that repeat an earlier prompt. */
const REPEAT = 0.4;

export class SimPrompts {
  readonly #blockSize: number;
  readonly #record: (prompt: Omit<PromptRecord, "k" | "at">) => void;
  readonly #prefixes: number[][];
  readonly #made: SimPrompt[] = [];
  readonly #byContent = new Map<string, SimPrompt>();

  constructor(rng: Rng, blockSize: number, record: (prompt: Omit<PromptRecord, "k" | "at">) => void) {
    this.#blockSize = blockSize;
    this.#record = record;
    this.#prefixes = Array.from({ length: PREFIXES }, () => tokensFrom(rng, rng.int(1, MAX_PREFIX_BLOCKS) * blockSize));
  }

  /** A prompt to send: often one that was sent before, otherwise a shared prefix with a tail of its own. */
  next(rng: Rng, lineage: SimLineage): SimPrompt {
    if (this.#made.length > 0 && rng.chance(REPEAT)) return rng.pick(this.#made);
    const tail = tokensFrom(rng, rng.int(1, MAX_SUFFIX_BLOCKS * this.#blockSize));
    return this.of(lineage, Uint32Array.from([...rng.pick(this.#prefixes), ...tail]));
  }

  any(rng: Rng): SimPrompt | undefined {
    return this.#made.length === 0 ? undefined : rng.pick(this.#made);
  }

  /** The same tokens under another lineage. */
  twin(prompt: SimPrompt, lineage: SimLineage): SimPrompt {
    return this.of(lineage, prompt.tokens);
  }

  /** The prompt without its first block, as a prompt of its own. */
  tail(prompt: SimPrompt): SimPrompt {
    return this.of(prompt, prompt.tokens.slice(this.#blockSize));
  }

  of(lineage: SimLineage, tokens: Uint32Array): SimPrompt {
    const { model, adapter, salt } = lineage;
    const key = `${model} ${adapter?.id ?? ""} ${salt ?? ""} ${tokens.join()}`;
    const known = this.#byContent.get(key);
    if (known !== undefined) return known;
    const id = `p${this.#byContent.size}`;
    const named = adapter === null ? null : `${adapter.name}@${adapter.path}`;
    const chain = identityChain({ model, adapter: named, salt }, tokens, this.#blockSize);
    this.#record({ id, model, adapter: named, salt, tokens: tokens.length, chain });
    const prompt = { id, model, adapter, salt, tokens, blocks: chain.length };
    this.#byContent.set(key, prompt);
    this.#made.push(prompt);
    return prompt;
  }
}

function tokensFrom(rng: Rng, count: number): number[] {
  return Array.from({ length: count }, () => rng.int(1, VOCABULARY));
}
