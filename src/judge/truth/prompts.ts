/** The prompts of a run and the chains of their blocks, as identity numbers. Shared prefixes are stored once. */
import { KvproofError } from "../../base/errors.js";
import type { PromptRecord } from "../history/records.js";
import type { IdentityTable } from "./identity-table.js";
import { enlarged } from "./int-table.js";

export interface Prompt {
  readonly index: number;
  readonly id: string;
  readonly model: string;
  readonly adapter: string | null;
  readonly tokens: number;
  /** Full blocks. */
  readonly blocks: number;
}

interface StoredPrompt extends Prompt {
  readonly base: StoredPrompt | null;
  readonly shared: number;
  /** Where its own identities begin in the pool. */
  readonly offset: number;
}

export class Prompts {
  readonly #identities: IdentityTable;
  readonly #byId = new Map<string, StoredPrompt>();
  #pool = new Int32Array(1024);
  #used = 0;
  #scratch = new Int32Array(256);
  #inScratch: StoredPrompt | null = null;

  constructor(identities: IdentityTable) {
    this.#identities = identities;
  }

  get size(): number {
    return this.#byId.size;
  }

  add(record: PromptRecord): void {
    const base = record.base === undefined ? null : (this.#byId.get(record.base.prompt) ?? null);
    if (record.base !== undefined && (base === null || base.blocks < record.base.sharedBlocks)) {
      throw new KvproofError(
        "KVP_E_HISTORY_INVALID",
        `prompt ${record.id} shares ${record.base.sharedBlocks} blocks with prompt ${record.base.prompt}, which ` +
          (base === null ? "is not recorded before it" : `has only ${base.blocks}`),
      );
    }
    const shared = record.base?.sharedBlocks ?? 0;
    const own = record.chain.length;
    if (this.#used + own > this.#pool.length) this.#pool = enlarged(this.#pool, this.#used + own);
    for (let i = 0; i < own; i++) this.#pool[this.#used + i] = this.#identities.intern(record.chain[i] as string);
    const { id, model, adapter, tokens } = record;
    const blocks = shared + own;
    this.#byId.set(id, {
      index: this.#byId.size,
      id,
      model,
      adapter,
      tokens,
      blocks,
      base,
      shared,
      offset: this.#used,
    });
    this.#used += own;
  }

  /** Throws KVP_E_HISTORY_INVALID for a prompt that was not recorded before its use. */
  get(id: string): Prompt {
    const prompt = this.#byId.get(id);
    if (prompt === undefined) throw new KvproofError("KVP_E_HISTORY_INVALID", `prompt ${id} is used but not recorded`);
    return prompt;
  }

  /** Identity number of one block of `prompt`. */
  identityAt(prompt: Prompt, block: number): number {
    let part = prompt as StoredPrompt;
    while (part.base !== null && block < part.shared) part = part.base;
    return this.#pool[part.offset + block - part.shared] as number;
  }

  /** The identity numbers of `prompt`'s blocks, in a buffer that is valid until the next call. */
  chain(prompt: Prompt): Int32Array {
    const stored = prompt as StoredPrompt;
    if (stored === this.#inScratch) return this.#scratch;
    if (stored.blocks > this.#scratch.length) this.#scratch = enlarged(this.#scratch, stored.blocks);
    let end = stored.blocks;
    for (let part: StoredPrompt | null = stored; part !== null && end > 0; part = part.base) {
      for (let i = part.shared; i < end; i++) this.#scratch[i] = this.#pool[part.offset + i - part.shared] as number;
      end = Math.min(end, part.shared);
    }
    this.#inScratch = stored;
    return this.#scratch;
  }
}
