/**
 * Longest prefix per holder. The walk goes block by block from the context's root and keeps the set of lanes that held
 * every block so far; a lane's depth is where it falls out of it, and a holder's the smallest of its lanes'. A block that
 * lacks, anywhere, ends the match there: contiguity is not checked, it cannot be broken.
 *
 * Tokens are hashed some blocks ahead of the walk, more the longer it lasts, so a miss at the first block costs little.
 */
import type { PrefixQuery } from "../ports.js";
import type { BlockStore } from "./block-store.js";
import type { Context, Model } from "./contexts.js";
import type { MatchBuffer } from "./match-buffer.js";
import { KEY_HIGH, KEY_LOW, NODE_WORDS, NO_NODE, SET } from "./node-table.js";

const FIRST_CHUNK_BLOCKS = 16;
const CHUNK_GROWTH = 4;
/** So that no more than this is hashed in vain where a match ends. */
const LARGEST_CHUNK_BLOCKS = 128;

export class Matcher {
  readonly #store: BlockStore;
  /** Tokens that lane i matched; all zero between queries. */
  #tokens = new Uint32Array(64);
  readonly #touched: number[] = [];
  #alive = new Int32Array(2);

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** Appends to `out` one entry per holder that has at least one leading block. */
  match(model: Model, query: PrefixQuery, out: MatchBuffer): void {
    for (const blockSize of model.blockSizes.keys()) {
      const context = this.#store.contexts.find(model, query.lora, query.salt, blockSize);
      if (context !== undefined) this.#walk(context, query.tokens);
    }
    if (this.#touched.length > 0) this.#collect(out);
  }

  #walk(context: Context, tokens: ArrayLike<number>): void {
    const { hasher, nodes } = this.#store;
    const { blockSize } = context;
    const total = Math.floor(tokens.length / blockSize);
    const { words } = nodes;
    const { keys } = hasher;
    const most = Math.min(LARGEST_CHUNK_BLOCKS, hasher.chunkBlocks(blockSize));
    let chunk = Math.min(FIRST_CHUNK_BLOCKS, most);
    let [low, high] = [context.rootLow, context.rootHigh];
    let node = NO_NODE;
    let set = -1;
    let depth = 0;
    while (depth < total) {
      const blocks = Math.min(chunk, total - depth);
      copyTokens(tokens, depth * blockSize, blocks * blockSize, hasher.tokens);
      hasher.hash(blocks, blockSize, low, high);
      for (let i = 0; i < blocks; i++, depth++) {
        low = keys[2 * i] as number;
        high = keys[2 * i + 1] as number;
        let at = (node + 1) * NODE_WORDS;
        if (node !== NO_NODE && words[at + KEY_LOW] === low && words[at + KEY_HIGH] === high && words[at + SET] !== 0)
          node++;
        else {
          node = nodes.find(low, high);
          if (node === NO_NODE) return this.#finish(set, depth * blockSize);
          at = node * NODE_WORDS;
        }
        const next = words[at + SET] as number;
        if (next === set) continue;
        if (set < 0) {
          if (!this.#start(next)) return;
        } else if (!this.#narrow(next, depth * blockSize)) return;
        set = next;
      }
      chunk = Math.min(chunk * CHUNK_GROWTH, most);
    }
    this.#finish(set, depth * blockSize);
  }

  /** The lanes of the first block are those that can match at all. False = there is none. */
  #start(set: number): boolean {
    const { bits, width } = this.#store.sets;
    const retired = this.#store.retired.bits;
    if (this.#alive.length < width) this.#alive = new Int32Array(width);
    let any = 0;
    for (let word = 0; word < width; word++) {
      const alive = (bits[set * width + word] as number) & ~(retired[word] as number);
      this.#alive[word] = alive;
      any |= alive;
    }
    return any !== 0;
  }
  /** Keeps the lanes that are in `set` too; the others end at `tokens`. False = none is left. */
  #narrow(set: number, tokens: number): boolean {
    const { bits, width } = this.#store.sets;
    const alive = this.#alive;
    let left = 0;
    for (let word = 0; word < width; word++) {
      const before = alive[word] as number;
      const after = before & (bits[set * width + word] as number);
      if (before !== after) this.#end(word, before & ~after, tokens);
      alive[word] = after;
      left |= after;
    }
    return left !== 0;
  }
  #finish(set: number, tokens: number): void {
    if (set < 0) return;
    for (let word = 0; word < this.#store.sets.width; word++) this.#end(word, this.#alive[word] as number, tokens);
  }
  /** The lanes `mask` of a word matched this many tokens. */
  #end(word: number, mask: number, tokens: number): void {
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const lane = word * 32 + 31 - Math.clz32(rest & -rest);
      if (lane >= this.#tokens.length) this.#growLanes(lane);
      if (this.#tokens[lane] === 0) this.#touched.push(lane);
      if (tokens > (this.#tokens[lane] as number)) this.#tokens[lane] = tokens;
    }
  }
  #growLanes(lane: number): void {
    const grown = new Uint32Array((lane + 1) * 2);
    grown.set(this.#tokens);
    this.#tokens = grown;
  }

  /** From lanes to holders: what every lane of a holder has. */
  #collect(out: MatchBuffer): void {
    const touched = this.#touched;
    for (const bit of touched) {
      const lane = this.#store.lanes[bit];
      if (lane === undefined) continue;
      const { holder } = lane;
      if (holder.lanes.length > 1 && holder.lanes[0] !== lane) continue;
      let tokens = this.#tokens[bit] as number;
      for (let i = 1; i < holder.lanes.length; i++) {
        const other = holder.lanes[i];
        if (other !== undefined) tokens = Math.min(tokens, this.#tokens[other.bit] ?? 0);
      }
      const blocks = Math.floor(tokens / holder.spec.blockSize);
      if (blocks > 0) out.push(holder.id, blocks);
    }
    for (const bit of touched) this.#tokens[bit] = 0;
    touched.length = 0;
  }
}

function copyTokens(tokens: ArrayLike<number>, from: number, count: number, target: Uint32Array): void {
  if (tokens instanceof Uint32Array) target.set(tokens.subarray(from, from + count));
  else for (let i = 0; i < count; i++) target[i] = tokens[from + i] as number;
}
