/**
 * An optional second tier: blocks evicted from the GPU are copied to host memory, least recently used first out. Not vLLM's
 * block pool but the shape its offloading connector shows on the wire: stores of medium "CPU" that state their tokens.
 */
import type { HashedBlock } from "./block-chain.js";
import type { CacheJournal } from "./cache-journal.js";
import type { Digest } from "./hash-input.js";

interface Slot {
  readonly block: HashedBlock;
  readonly group: number;
}

export class CpuTier {
  readonly #capacity: number;
  readonly #journal: CacheJournal;
  /** Oldest first: a Map keeps the order of insertion. */
  readonly #slots = new Map<string, Slot>();

  constructor(capacity: number, journal: CacheJournal) {
    this.#capacity = capacity;
    this.#journal = journal;
  }

  get size(): number {
    return this.#slots.size;
  }

  has(digest: Digest, group: number): boolean {
    return this.#slots.has(slotKey(digest, group));
  }

  /** Takes over a block that the GPU is about to lose. A block already here only becomes the most recently used. */
  offload(block: HashedBlock, group: number): void {
    if (this.#capacity === 0 || block.tokens === null || this.touch(block.digest, group)) return;
    if (this.#slots.size === this.#capacity) this.#evictOldest();
    this.#slots.set(slotKey(block.digest, group), { block, group });
    this.#journal.stored({ chain: [block], from: 0, to: 1, tokenIds: block.tokens }, group, "CPU");
  }

  /** Marks a block as used. False when it is not here. */
  touch(digest: Digest, group: number): boolean {
    const key = slotKey(digest, group);
    const slot = this.#slots.get(key);
    if (!slot) return false;
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return true;
  }

  /** Drops a block. False when it is not here. */
  drop(digest: Digest, group: number): boolean {
    const key = slotKey(digest, group);
    const slot = this.#slots.get(key);
    if (!slot) return false;
    this.#slots.delete(key);
    this.#journal.removed(slot.block, group, "CPU");
    return true;
  }

  /** Empties the tier without events: AllBlocksCleared names no tier and covers this one. */
  clear(): void {
    this.#slots.clear();
  }

  #evictOldest(): void {
    for (const { block, group } of this.#slots.values()) {
      this.drop(block.digest, group);
      return;
    }
  }
}

function slotKey(digest: Digest, group: number): string {
  return `${group}:${digest}`;
}
