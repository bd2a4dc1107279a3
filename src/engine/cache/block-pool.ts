/**
 * The physical blocks of one engine (vllm/v1/core/block_pool.py). Block 0 is the null block and never used. A block whose last
 * user leaves keeps its hash and waits in the free list; only when it is reused does it leave the cache, with an event.
 * Equal content is not merged: a hash may have several copies, each stored and removed on its own.
 */
import { InternalError, invariant } from "../../base/errors.js";
import type { ChainRun, CacheJournal } from "./cache-journal.js";
import type { HashedBlock } from "./block-chain.js";
import type { CpuTier } from "./cpu-tier.js";
import { FreeList } from "./free-list.js";
import type { Digest } from "./hash-input.js";

const NULL_BLOCK = 0;

/** Physical ids of one hash, oldest first; a lone copy (nearly always) needs no array. */
type Copies = number | number[];

export class BlockPool {
  readonly #users: Int32Array;
  readonly #content: (HashedBlock | null)[];
  readonly #group: Uint8Array;
  readonly #cached: readonly Map<Digest, Copies>[];
  readonly #free: FreeList;
  readonly #journal: CacheJournal;
  readonly #cpu: CpuTier;
  #cachedBlocks = 0;

  constructor(blocks: number, groups: number, journal: CacheJournal, cpu: CpuTier) {
    this.#users = new Int32Array(blocks);
    this.#content = Array.from({ length: blocks }, () => null);
    this.#group = new Uint8Array(blocks);
    this.#cached = Array.from({ length: groups }, () => new Map<Digest, Copies>());
    this.#free = new FreeList(blocks);
    for (let id = NULL_BLOCK + 1; id < blocks; id++) this.#free.append(id);
    this.#journal = journal;
    this.#cpu = cpu;
  }

  get freeBlocks(): number {
    return this.#free.length;
  }
  /** Blocks in use by requests. */
  get usedBlocks(): number {
    return this.#content.length - 1 - this.#free.length;
  }
  /** Blocks with a hash, used or free. */
  get cachedBlocks(): number {
    return this.#cachedBlocks;
  }

  /** The oldest copy of a hash, or null. */
  find(digest: Digest, group: number): number | null {
    const copies = this.#cached[group]?.get(digest);
    if (copies === undefined) return null;
    return typeof copies === "number" ? copies : (copies[0] as number);
  }

  isUnused(id: number): boolean {
    return this.#users[id] === 0;
  }

  /** Takes `count` blocks for a user, evicting what they cached. The caller has checked {@link freeBlocks}. */
  allocate(count: number): number[] {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      const id = this.#free.takeFirst();
      this.#evict(id);
      this.#users[id] = 1;
      ids.push(id);
    }
    return ids;
  }

  /** Adds a user to a cached block, which takes it out of the free list when it had none. */
  touch(id: number): void {
    if (this.#users[id] === 0) this.#free.remove(id);
    this.#users[id] = (this.#users[id] as number) + 1;
  }

  /**
   * Takes a user from each block. Of those left without one, the hashed queue up for eviction in the given order and the
   * unhashed go first in line (vLLM >= 0.23).
   */
  free(ids: readonly number[]): void {
    for (const id of ids) {
      const users = (this.#users[id] as number) - 1;
      if (users < 0) throw new InternalError(`block ${id} was freed more often than used`);
      this.#users[id] = users;
      if (users > 0) continue;
      if (this.#content[id] === null) this.#free.prepend(id);
      else this.#free.append(id);
    }
  }

  /** Gives full blocks their hashes: `ids[i]` holds `chain[i]` for i in the run. One event. */
  cache(ids: readonly number[], run: ChainRun, group: number): void {
    const cached = this.#cached[group];
    invariant(cached, "the pool has as many maps as groups");
    for (let i = run.from; i < run.to; i++) {
      const id = ids[i] as number;
      const block = run.chain[i] as HashedBlock;
      if (this.#content[id] !== null) throw new InternalError(`block ${id} has a hash already`);
      this.#content[id] = block;
      this.#group[id] = group;
      addCopy(cached, block.digest, id);
    }
    this.#cachedBlocks += run.to - run.from;
    this.#journal.stored(run, group, "GPU");
  }

  /** Lab: drops every unused copy of a hash, on the GPU and on the CPU. Returns how many. */
  drop(digest: Digest, group: number): number {
    const copies = this.#cached[group]?.get(digest);
    let dropped = this.#cpu.drop(digest, group) ? 1 : 0;
    for (const id of copies === undefined ? [] : [copies].flat()) {
      if (!this.isUnused(id)) continue;
      this.#forget(id);
      dropped++;
    }
    return dropped;
  }

  /** Forgets all hashes. False, and nothing happens, while any block is in use. */
  reset(): boolean {
    if (this.usedBlocks > 0) return false;
    for (const cached of this.#cached) cached.clear();
    this.#content.fill(null);
    this.#cachedBlocks = 0;
    this.#cpu.clear();
    this.#journal.cleared();
    return true;
  }

  /** Every cached copy, for tests and audits: O(blocks). */
  *residents(): IterableIterator<{ readonly block: HashedBlock; readonly group: number; readonly users: number }> {
    for (const [id, block] of this.#content.entries()) {
      if (block) yield { block, group: this.#group[id] as number, users: this.#users[id] as number };
    }
  }

  #evict(id: number): void {
    const block = this.#content[id] as HashedBlock | null;
    if (block === null) return;
    this.#cpu.offload(block, this.#group[id] as number);
    this.#forget(id);
  }

  #forget(id: number): void {
    const block = this.#content[id] as HashedBlock;
    const group = this.#group[id] as number;
    this.#content[id] = null;
    removeCopy(this.#cached[group] as Map<Digest, Copies>, block.digest, id);
    this.#cachedBlocks--;
    this.#journal.removed(block, group, "GPU");
  }
}

function addCopy(cached: Map<Digest, Copies>, digest: Digest, id: number): void {
  const copies = cached.get(digest);
  if (copies === undefined) cached.set(digest, id);
  else if (typeof copies === "number") cached.set(digest, [copies, id]);
  else copies.push(id);
}

function removeCopy(cached: Map<Digest, Copies>, digest: Digest, id: number): void {
  const copies = cached.get(digest);
  if (typeof copies === "number" || copies === undefined) {
    invariant(copies === id, "the map of cached hashes knows every hashed block");
    cached.delete(digest);
    return;
  }
  copies.splice(copies.indexOf(id), 1);
  if (copies.length === 1) cached.set(digest, copies[0] as number);
}
