/**
 * Every chain of blocks that streams have shown, as questions: one for each chain that no longer one begins with, and the same
 * tokens without adapter and salt, which are other blocks.
 */
import type { BlockContent } from "./block-content.js";
import type { Question } from "./naive-stream.js";

interface Chain {
  readonly parent: Chain | null;
  readonly tokens: readonly number[];
  readonly lora: string | null;
  readonly salt: string | null;
  extended: boolean;
}

export class ChainBook {
  readonly #chains = new Map<string, Chain>();
  readonly #ids = new Map<Chain, number>();
  /** Per stream: hash → chain that ends there. */
  readonly #byHash: Map<string, Chain>[] = [];

  /** Chains whose beginning was never seen are no questions. */
  see(stream: number, { hash, parent, tokens, lora, salt }: BlockContent): void {
    const known = (this.#byHash[stream] ??= new Map<string, Chain>());
    const before = parent === null ? null : known.get(parent);
    if (before === undefined) return;
    const key = JSON.stringify([before === null ? null : this.#ids.get(before), lora, before?.salt ?? salt, tokens]);
    let chain = this.#chains.get(key);
    if (chain === undefined) {
      chain = { parent: before, tokens, lora, salt: before === null ? salt : before.salt, extended: false };
      this.#chains.set(key, chain);
      this.#ids.set(chain, this.#ids.size);
      if (before !== null) before.extended = true;
    }
    known.set(hash, chain);
  }

  /** In order of appearance; at most `limit`, spread evenly over all. */
  questions(limit: number): Question[] {
    const ends = [...this.#chains.values()].filter((chain) => !chain.extended);
    const all = ends.flatMap((end) =>
      end.lora === null && end.salt === null ? [end] : [end, { ...end, lora: null, salt: null }],
    );
    const step = Math.max(1, all.length / limit);
    const taken: Question[] = [];
    for (let at = 0; at < all.length; at += step) taken.push(questionOf(all[Math.floor(at)] as Chain));
    return taken;
  }
}

function questionOf(end: Chain): Question {
  const blocks: (readonly number[])[] = [];
  for (let chain: Chain | null = end; chain !== null; chain = chain.parent) blocks.push(chain.tokens);
  return { lora: end.lora, salt: end.salt, tokens: blocks.reverse().flat() };
}
