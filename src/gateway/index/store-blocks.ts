/**
 * What a BlockStored event does. Three kinds: a run whose place is known (no parent, or a known one), a run whose parent is
 * unknown (parked), and a run without one token list per block (known by hash alone). Fields hold the event at hand, so
 * that nothing is allocated per event.
 */
import type { StoredView } from "../../protocol/kv-event-sink.js";
import type { BlockStore } from "./block-store.js";
import { adapterKey } from "./contexts.js";
import type { Context } from "./contexts.js";
import type { Lane } from "./holder.js";
import { KEY_HIGH, KEY_LOW, NODE_WORDS, NO_NODE, UNPLACED } from "./node-table.js";
import type { ParkedBlock } from "./parking.js";
import { findPlaced, holdAt } from "./placement.js";

/** Below this many words a loop copies faster than `TypedArray.set` of a fresh view. */
const SMALL_COPY_WORDS = 64;

export class StoreBlocks {
  readonly #store: BlockStore;
  /** What the event says about the identity of its blocks. */
  readonly #claim = { lora: null as string | null, salt: null as string | null, blockSize: 0 };
  #event!: StoredView;
  #lane!: Lane;
  #column = 0;
  #count = 0;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** Applies the first `count` blocks of the event; the caller has made room for them. */
  apply(event: StoredView, lane: Lane, column: number, count: number): void {
    this.#event = event;
    this.#lane = lane;
    this.#column = column;
    this.#count = count;
    const { blockSize } = event;
    if (this.#store.hasher.chunkBlocks(blockSize) === 0 || event.tokenCount !== event.blockCount * blockSize) {
      this.#store.counters.sparseEvents++;
      this.#byHash();
      return;
    }
    const claim = this.#claim;
    claim.lora = adapterKey(event.loraName, event.loraId);
    claim.salt = event.salt;
    claim.blockSize = blockSize;
    if (!event.hasParent) this.#fromRoot();
    else {
      const parent = findPlaced(this.#store, lane, event.parentLo | 0, event.parentHi | 0, claim);
      if (parent === NO_NODE) this.#orphans();
      else this.#run(0, this.#store.contextOf(parent), parent);
    }
  }

  #fromRoot(): void {
    const { contexts } = this.#store;
    const { holder } = this.#lane;
    const { lora, salt, blockSize } = this.#claim;
    const recent = holder.recentContext(lora, salt, blockSize);
    const context = recent ?? contexts.acquire(holder.model, lora, salt, blockSize);
    if (recent === undefined) holder.remember(context);
    else contexts.pin(context);
    this.#run(0, context, NO_NODE);
    contexts.release(context);
  }

  /** Places blocks `from` .. `count` below a node, or below the context's root. */
  #run(from: number, context: Context, parent: number): void {
    const { hasher, nodes } = this.#store;
    const at = parent * NODE_WORDS;
    let low = parent === NO_NODE ? context.rootLow : (nodes.words[at + KEY_LOW] as number);
    let high = parent === NO_NODE ? context.rootHigh : (nodes.words[at + KEY_HIGH] as number);
    let near = parent;
    const chunk = hasher.chunkBlocks(context.blockSize);
    const { keys } = hasher;
    for (let start = from; start < this.#count; start += chunk) {
      const blocks = Math.min(chunk, this.#count - start);
      this.#hash(start, blocks, low, high);
      if (blocks > 1) {
        this.#store.warmth ^= this.#lane.held.warm(this.#event.hashLo, this.#event.hashHi, start, start + blocks);
        this.#store.warmth ^= nodes.warm(keys, blocks);
      }
      for (let i = 0; i < blocks; i++) {
        low = keys[2 * i] as number;
        high = keys[2 * i + 1] as number;
        near = this.#place(start + i, low, high, context, near);
      }
    }
  }

  /** Contents and keys of some blocks of the event, into the hasher's buffers. */
  #hash(start: number, blocks: number, parentLow: number, parentHigh: number): void {
    const { hasher } = this.#store;
    const { blockSize, tokens, tainted, blockTaint } = this.#event;
    const first = start * blockSize;
    const words = blocks * blockSize;
    const target = hasher.tokens;
    if (words <= SMALL_COPY_WORDS) for (let i = 0; i < words; i++) target[i] = tokens[first + i] as number;
    else target.set(tokens.subarray(first, first + words));
    if (tainted) hasher.taints.set(blockTaint.subarray(start, start + blocks));
    hasher.hash(blocks, blockSize, parentLow, parentHigh);
    if (tainted) hasher.taints.fill(0, 0, blocks);
  }

  /** Block `i` of the event, whose key is known. Returns its node. */
  #place(i: number, low: number, high: number, context: Context, near: number): number {
    const lane = this.#lane;
    const { held } = lane;
    const hashLow = (this.#event.hashLo[i] as number) | 0;
    const hashHigh = (this.#event.hashHi[i] as number) | 0;
    const slot = held.find(hashLow, hashHigh);
    if (slot >= 0) {
      const { words } = this.#store.nodes;
      const node = held.nodeAt(slot);
      const at = node * NODE_WORDS;
      if (node !== UNPLACED && words[at + KEY_LOW] === low && words[at + KEY_HIGH] === high) {
        this.#store.addCopy(lane, slot, this.#column);
        return node;
      }
    }
    const node = this.#store.nodeFor(low, high, context, near);
    if (slot < 0 && lane.holder.unplaced === 0) this.#store.insert(lane, slot, hashLow, hashHigh, this.#column, node);
    else holdAt(this.#store, lane, hashLow, hashHigh, this.#column, node);
    return node;
  }

  /** Blocks below an unknown parent wait for it. One among them that is placed already shows where the rest belongs. */
  #orphans(): void {
    const { hasher } = this.#store;
    const event = this.#event;
    const chunk = hasher.chunkBlocks(event.blockSize);
    let parentLow = event.parentLo | 0;
    let parentHigh = event.parentHi | 0;
    for (let start = 0; start < this.#count; start += chunk) {
      const blocks = Math.min(chunk, this.#count - start);
      this.#hash(start, blocks, 0, 0);
      for (let i = 0; i < blocks; i++) {
        const low = (event.hashLo[start + i] as number) | 0;
        const high = (event.hashHi[start + i] as number) | 0;
        const node = findPlaced(this.#store, this.#lane, low, high, this.#claim);
        if (node !== NO_NODE) {
          holdAt(this.#store, this.#lane, low, high, this.#column, node);
          this.#run(start + i + 1, this.#store.contextOf(node), node);
          return;
        }
        this.#park(i, low, high, parentLow, parentHigh);
        parentLow = low;
        parentHigh = high;
      }
    }
  }
  #park(inChunk: number, low: number, high: number, parentLow: number, parentHigh: number): void {
    const { hasher, parking, counters } = this.#store;
    const lane = this.#lane;
    const slot = lane.held.find(low, high);
    const contentLow = hasher.contents[2 * inChunk] as number;
    const contentHigh = hasher.contents[2 * inChunk + 1] as number;
    const { lora, salt, blockSize } = this.#claim;
    // Written out, not spread: V8 then lays it out in one piece, half the size.
    const block: ParkedBlock = {
      lora,
      salt,
      blockSize,
      lane,
      low,
      high,
      parentLow,
      parentHigh,
      contentLow,
      contentHigh,
      next: null,
      previous: null,
    };
    if (slot < 0) this.#store.insert(lane, slot, low, high, this.#column, UNPLACED);
    else {
      // Placed under another adapter or salt: a removal cannot tell the two apart, so this copy is not believed.
      if (lane.held.nodeAt(slot) !== UNPLACED) return;
      const waiting = parking.find(lane, low, high);
      if (waiting !== undefined && !isSame(waiting, block)) lane.held.clearCopies(slot);
      this.#store.addCopy(lane, slot, this.#column);
    }
    parking.replace(block);
    counters.orphansParked++;
    if (parking.count > this.#store.maxParked) this.#dropOldestParked();
  }
  #dropOldestParked(): void {
    const { parking, counters } = this.#store;
    const oldest = parking.oldest();
    if (oldest === undefined) return;
    this.#store.drop(oldest.lane, oldest.lane.held.find(oldest.low, oldest.high));
    counters.orphansDropped++;
  }

  /**
   * Hashes without one token list each: the sliding-window groups of hybrid models (some blocks of the run are not kept), offload
   * placeholders (no tokens, block size 0). They say that the hash is held, and never where it stands: another group
   * or an earlier event may know.
   */
  #byHash(): void {
    const lane = this.#lane;
    for (let i = 0; i < this.#count; i++) {
      const low = (this.#event.hashLo[i] as number) | 0;
      const high = (this.#event.hashHi[i] as number) | 0;
      const slot = lane.held.find(low, high);
      if (slot < 0) {
        const node = findPlaced(this.#store, lane, low, high, null);
        this.#store.insert(lane, slot, low, high, this.#column, node === NO_NODE ? UNPLACED : node);
      } else if (!lane.ambiguous || lane.held.findNext(slot, low, high) < 0)
        this.#store.addCopy(lane, slot, this.#column);
    }
  }
}

function isSame(a: ParkedBlock, b: ParkedBlock): boolean {
  const claimed = a.lora === b.lora && a.salt === b.salt && a.blockSize === b.blockSize;
  return claimed && a.contentLow === b.contentLow && a.contentHigh === b.contentHigh;
}
