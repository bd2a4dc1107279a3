/**
 * Fills and empties the cache of a real engine, which has no other way in than requests: a store is a request for the prompt, an
 * eviction as many requests for others as it takes until the least recently used blocks, the prompt's among them, are gone.
 */
import { request } from "undici";
import { type BlockIdentity, identityChain } from "../../base/block-identity.js";
import { waitFor } from "../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../base/errors.js";
import type { Rng } from "../../base/rng.js";
import type { EngineSpec } from "../ports.js";
import type { LoadedAdapters } from "../truth/loaded-adapters.js";
import type { ToldBlocks } from "../truth/told-blocks.js";

/** A lone request on a starved machine. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Until what was evicted has been heard. */
const HEARD_TIMEOUT_MS = 2_000;
/** Of the pool, in unknown prompts; requests under way may hold on to the rest. */
const FLOOD_SHARE = 1.5;
const FLOOD_BLOCKS = 16;
const LOWEST_TOKEN = 256;
const HIGHEST_TOKEN = 31_999;

export interface CacheEntry {
  readonly tokens: readonly number[];
  readonly lora?: string;
  readonly salt?: string;
  readonly from?: number;
}

export interface CacheCall {
  readonly store?: readonly CacheEntry[];
  readonly evict?: readonly CacheEntry[];
  readonly rank?: number;
}

export class CacheByRequests {
  readonly #spec: EngineSpec;
  readonly #http: string;
  /** By rank. */
  readonly #blocks: readonly ToldBlocks[];
  readonly #adapters: LoadedAdapters;
  readonly #rng: Rng;

  constructor(
    spec: EngineSpec,
    http: string,
    known: { readonly blocks: readonly ToldBlocks[]; readonly adapters: LoadedAdapters; readonly rng: Rng },
  ) {
    this.#spec = spec;
    this.#http = http;
    this.#blocks = known.blocks;
    this.#adapters = known.adapters;
    this.#rng = known.rng;
  }

  /** As `POST /lab/cache` of the double; a span's end is not looked at: the tail goes before the head. */
  async call({ store = [], evict = [], rank = 0 }: CacheCall): Promise<{ stored: number; evicted: number }> {
    let evicted = 0;
    for (const entry of evict) evicted += await this.#evict(entry, rank);
    let stored = 0;
    for (const entry of store) {
      await this.#complete(entry, rank);
      stored += Math.floor(entry.tokens.length / this.#spec.blockSize);
    }
    return { stored, evicted };
  }

  async #evict(entry: CacheEntry, rank: number): Promise<number> {
    const blocks = this.#blocks[rank];
    const chain = this.#chainOf(entry).slice(entry.from ?? 0);
    const first = chain[0];
    if (blocks === undefined || first === undefined) return 0;
    const held = (): number => chain.filter((identity) => blocks.holds(identity)).length;
    const before = held();
    const flood = Math.ceil((this.#spec.blocks * FLOOD_SHARE) / FLOOD_BLOCKS);
    for (let sent = 0; sent < flood && blocks.holds(first); sent++)
      await this.#complete({ tokens: this.#unknownTokens() }, rank);
    await waitFor(() => !blocks.holds(first), {
      describe: `engine ${this.#spec.engine} to evict a prompt under ${flood} others`,
      timeoutMs: HEARD_TIMEOUT_MS,
      intervalMs: 5,
    }).catch((thrown: unknown) => {
      if (!(thrown instanceof KvproofError)) throw thrown;
    });
    return before - held();
  }

  #chainOf({ tokens, lora, salt }: CacheEntry): BlockIdentity[] {
    const adapter = lora === undefined ? null : this.#adapters.current(lora);
    return identityChain({ model: this.#spec.model, adapter, salt: salt ?? null }, tokens, this.#spec.blockSize);
  }

  #unknownTokens(): number[] {
    const length = Math.min(FLOOD_BLOCKS, this.#spec.blocks - 2) * this.#spec.blockSize;
    return Array.from({ length }, () => this.#rng.int(LOWEST_TOKEN, HIGHEST_TOKEN));
  }

  async #complete({ tokens, lora, salt }: CacheEntry, rank: number): Promise<void> {
    const { engine, model, ranks } = this.#spec;
    let answer: { status: number; text: string };
    try {
      const response = await request(`${this.#http}/v1/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(ranks > 1 ? { "x-data-parallel-rank": String(rank) } : {}),
        },
        body: JSON.stringify({
          model: lora ?? model,
          prompt: tokens,
          max_tokens: 1,
          temperature: 0,
          ...(salt === undefined ? {} : { cache_salt: salt }),
        }),
        headersTimeout: REQUEST_TIMEOUT_MS,
        bodyTimeout: REQUEST_TIMEOUT_MS,
      });
      answer = { status: response.statusCode, text: await response.body.text() };
    } catch (cause) {
      throw new UnavailableError("KVP_E_UPSTREAM", `engine ${engine}: ${asError(cause).message}`, { cause });
    }
    if (answer.status !== 200)
      throw new UnavailableError("KVP_E_UPSTREAM", `engine ${engine}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
}
