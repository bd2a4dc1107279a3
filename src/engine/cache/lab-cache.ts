/** The lab's direct hand on a cache: fill and empty it by token lists, without requests, through the same pool rules. */
import { BlockChain } from "./block-chain.js";
import type { BlockHasher } from "./block-hash.js";
import type { BlockPool } from "./block-pool.js";
import type { ResolvedConfig } from "./engine-config.js";
import type { Adapter, BlockSpan } from "./engine-types.js";
import type { Digest } from "./hash-input.js";

/** A token list whose blocks are hashed already: what is stored again and again need not be hashed again and again. */
export interface PreparedPrompt {
  readonly tokens: Uint32Array;
  readonly chain: BlockChain["blocks"];
}

export class LabCache {
  readonly #config: ResolvedConfig;
  readonly #hasher: BlockHasher;
  readonly #pool: BlockPool;

  constructor(config: ResolvedConfig, hasher: BlockHasher, pool: BlockPool) {
    this.#config = config;
    this.#hasher = hasher;
    this.#pool = pool;
  }

  /** Leaves the cache as a request of these tokens would on finishing. What finds no free block is not stored. */
  store(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): { stored: number; resident: number } {
    return this.storePrepared(this.prepare(tokens, adapter, salt));
  }

  prepare(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): PreparedPrompt {
    return { tokens, chain: this.#chain(tokens, adapter, salt).blocks };
  }

  /** As {@link store}. */
  storePrepared({ tokens, chain }: PreparedPrompt): { stored: number; resident: number } {
    const groups = [...Array(this.#config.kvGroups).keys()];
    let resident = 0;
    while (
      resident < chain.length &&
      groups.every((group) => this.#pool.find(digestAt(chain, resident), group) !== null)
    ) {
      resident++;
    }
    const held = groups.map((group) => {
      return chain.slice(0, resident).map(({ digest }) => this.#pool.find(digest, group) as number);
    });
    for (const id of held.flat()) this.#pool.touch(id);
    const stored = Math.min(chain.length - resident, Math.floor(this.#pool.freeBlocks / groups.length));
    for (const ids of held) ids.push(...this.#pool.allocate(stored));
    const { blockSize } = this.#config;
    const to = resident + stored;
    const run = { chain, from: resident, to, tokenIds: tokens.subarray(resident * blockSize, to * blockSize) };
    for (const [group, ids] of held.entries()) {
      if (stored > 0) this.#pool.cache(ids, run, group);
      this.#pool.free(ids.reverse());
    }
    return { stored, resident };
  }

  /** Evicts every unused copy of the blocks of a span, tail first. Returns how many copies went. */
  evict(tokens: Uint32Array, adapter: Adapter | null, salt: string | null, span: Partial<BlockSpan>): number {
    const chain = this.#chain(tokens, adapter, salt).blocks;
    let evicted = 0;
    const { from = 0, until = chain.length } = span;
    for (let i = Math.min(until, chain.length) - 1; i >= from; i--) {
      for (let group = 0; group < this.#config.kvGroups; group++) evicted += this.#pool.drop(digestAt(chain, i), group);
    }
    return evicted;
  }

  #chain(tokens: Uint32Array, adapter: Adapter | null, salt: string | null): BlockChain {
    const chain = new BlockChain(this.#config, this.#hasher, { adapter, salt, sessionId: null });
    chain.extend(tokens, tokens.length);
    return chain;
  }
}

function digestAt(chain: BlockChain["blocks"], index: number): Digest {
  return chain[index]?.digest as Digest;
}
