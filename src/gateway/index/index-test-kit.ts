/** For tests of this room: prompts, the hashes an engine would give their blocks, and events about them. */
import type { BlockRemoved, BlockStored, KvEvent } from "../../protocol/kv-event.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import type { ApplyResult } from "../ports.js";
import type { HolderId, HolderSpec } from "./index-types.js";
import { PrefixIndex } from "./prefix-index.js";

/** Tokens per block. */
export const BLOCK = 2;

export interface Prompt {
  readonly lora?: string | null;
  readonly salt?: string | null;
  readonly tokens: readonly number[];
}

/** `n` blocks of tokens that differ from each other and from those of other labels. */
export function blocks(n: number, label = 0): number[] {
  return Array.from({ length: n * BLOCK }, (_, i) => label * 10_000 + i);
}

/**
 * Engine hashes of blocks `from` .. `to`, chained as an engine's are: equal only for equal contexts and prefixes. Two words,
 * mixed as Murmur3 does: tests store tens of thousands of blocks, and a digest of each took most of their time.
 */
export function hashesOf({ lora = null, salt = null, tokens }: Prompt, from: number, to: number): bigint[] {
  const words = new Chain();
  for (const char of JSON.stringify([lora, salt])) words.take(char.charCodeAt(0));
  const hashes: bigint[] = [];
  for (let i = 0; i < to * BLOCK; i++) {
    words.take(tokens[i] ?? -1);
    if (i >= from * BLOCK && i % BLOCK === BLOCK - 1) hashes.push(words.hash);
  }
  return hashes;
}

class Chain {
  #low = 1;
  #high = 2;

  take(value: number): void {
    this.#low = mixed(this.#low ^ value, 0x85eb_ca6b);
    this.#high = mixed(this.#high ^ value ^ this.#low, 0xc2b2_ae35);
  }
  get hash(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }
}

function mixed(word: number, multiplier: number): number {
  const product = Math.imul(word ^ (word >>> 16), multiplier);
  return product ^ (product >>> 13);
}

/** Hash of the prompt's first `count` blocks. */
export function hashOf(prompt: Prompt, count: number): bigint {
  return hashesOf(prompt, count - 1, count)[0] as bigint;
}

interface Place {
  readonly from?: number;
  readonly to?: number;
  readonly medium?: string | null;
  readonly group?: number;
}

/** Blocks `from` .. `to` (default: all) of a prompt are stored; as vLLM tells it: the salt on block 0 of a sequence only. */
export function stored(prompt: Prompt, place: Place = {}, overrides: Partial<BlockStored> = {}): BlockStored {
  const { lora = null, salt = null, tokens } = prompt;
  const { from = 0, to = Math.floor(tokens.length / BLOCK), medium = "GPU", group = 0 } = place;
  const extra = (i: number) => [...(lora === null ? [] : [lora]), ...(salt !== null && from + i === 0 ? [salt] : [])];
  return {
    type: "stored",
    blockHashes: hashesOf(prompt, from, to),
    parent: from === 0 ? null : hashOf(prompt, from),
    tokenIds: tokens.slice(from * BLOCK, to * BLOCK),
    blockSize: BLOCK,
    loraId: lora === null ? null : 1,
    loraName: lora,
    medium,
    extraKeys: Array.from({ length: to - from }, (_, i) => (extra(i).length > 0 ? extra(i) : null)),
    groupIdx: group,
    ...overrides,
  };
}
export function removed(prompt: Prompt, place: Place = {}): BlockRemoved {
  const { from = 0, to = Math.floor(prompt.tokens.length / BLOCK), medium = "GPU", group = 0 } = place;
  return { type: "removed", blockHashes: hashesOf(prompt, from, to), medium, groupIdx: group };
}
export const cleared: KvEvent = { type: "cleared" };

/** An index with named holders, spoken to in events and asked for `{ "engine/rank": blocks }`. */
export class Bench {
  readonly index: PrefixIndex;
  readonly #ids = new Map<string, HolderId>();
  constructor(options: Partial<ConstructorParameters<typeof PrefixIndex>[0]> = {}) {
    this.index = new PrefixIndex({ seed: 7, ...options });
  }
  add(engine: string, spec: Partial<HolderSpec> = {}): this {
    const id = this.index.addHolder({ engine, rank: 0, model: "m", blockSize: BLOCK, ...spec });
    this.#ids.set(`${engine}/${spec.rank ?? 0}`, id);
    return this;
  }
  id(name: string): HolderId {
    return this.#ids.get(name.includes("/") ? name : `${name}/0`) as HolderId;
  }
  remove(name: string): void {
    this.index.removeHolder(this.id(name));
  }
  send(name: string, ...events: KvEvent[]): ApplyResult {
    const payload = encodeBatch("vllm-0.30", { ts: 1, events, rank: 0 });
    return this.index.sink(this.id(name)).apply(payload);
  }
  ask({ lora = null, salt = null, tokens }: Prompt, model = "m"): Record<string, number> {
    const answer = this.index.match({ model, lora, salt, tokens });
    return Object.fromEntries(answer.map(({ engine, rank, blocks }) => [`${engine}/${rank}`, blocks]));
  }
}
