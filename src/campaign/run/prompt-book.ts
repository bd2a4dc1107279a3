/** Makes prompts and records each once, with the identities of its blocks, before its first use. */
import { type BlockIdentity, childIdentity, lineageIdentity } from "../../base/block-identity.js";
import type { Clock } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";
import type { MatchQuery } from "../../lab/sut/port.js";
import type { Recorder } from "./recorder.js";

/** Ids that every vocabulary has; the lowest are special tokens in many. */
const LOWEST_TOKEN = 256;
const HIGHEST_TOKEN = 31_999;

export interface PromptLineage {
  readonly model: string;
  /** Adapter by name, as requests give it, and the path it is loaded from now. */
  readonly adapter: { readonly name: string; readonly path: string } | null;
  readonly salt: string | null;
}

export interface Prompt extends PromptLineage {
  readonly id: string;
  readonly tokens: readonly number[];
  /** Identities of its full blocks. */
  readonly chain: readonly BlockIdentity[];
  readonly blockSize: number;
}

export class PromptBook {
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #blockSizes: ReadonlyMap<string, number>;
  #next = 0;

  constructor(recorder: Recorder, clock: Clock, blockSizes: ReadonlyMap<string, number>) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#blockSizes = blockSizes;
  }

  blockSize(model: string): number {
    return this.#blockSizes.get(model) ?? 0;
  }

  /** `base` shares lineage and its first tokens with the new prompt; blocks they share are recorded by reference. */
  add(lineage: PromptLineage, tokens: readonly number[], base?: Prompt): Prompt {
    const blockSize = this.blockSize(lineage.model);
    const shared = base === undefined ? 0 : sharedBlocks(base, tokens, blockSize);
    const adapter = lineage.adapter === null ? null : `${lineage.adapter.name}@${lineage.adapter.path}`;
    const chain = [...(base?.chain.slice(0, shared) ?? [])];
    let parent = chain.at(-1) ?? lineageIdentity({ model: lineage.model, adapter, salt: lineage.salt });
    for (let from = shared * blockSize; from + blockSize <= tokens.length; from += blockSize) {
      chain.push((parent = childIdentity(parent, tokens, from, from + blockSize)));
    }
    const prompt: Prompt = { ...lineage, id: `p${this.#next++}`, tokens, chain, blockSize };
    this.#recorder.record({
      k: "prompt",
      at: this.#clock.nowNs(),
      id: prompt.id,
      model: lineage.model,
      adapter,
      salt: lineage.salt,
      tokens: tokens.length,
      ...(shared > 0 && base !== undefined ? { base: { prompt: base.id, sharedBlocks: shared } } : {}),
      chain: chain.slice(shared),
    });
    return prompt;
  }
}

export function queryOf({
  model,
  adapter,
  salt,
  tokens,
}: Pick<Prompt, "model" | "adapter" | "salt" | "tokens">): MatchQuery {
  return { model, lora: adapter?.name ?? null, salt, tokens };
}

export function randomTokens(rng: Rng, count: number): number[] {
  return Array.from({ length: count }, () => rng.int(LOWEST_TOKEN, HIGHEST_TOKEN));
}

function sharedBlocks(base: Prompt, tokens: readonly number[], blockSize: number): number {
  let same = 0;
  const limit = Math.min(base.tokens.length, tokens.length);
  while (same < limit && base.tokens[same] === tokens[same]) same++;
  return Math.min(base.chain.length, Math.floor(same / blockSize));
}
