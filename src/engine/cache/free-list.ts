/**
 * Free blocks in eviction order: a doubly linked list over block ids, first = next to be reused
 * (vllm/v1/core/kv_cache_utils.py, FreeKVCacheBlockQueue). All operations O(1), no allocation.
 */
import { InternalError, invariant } from "../../base/errors.js";

const ABSENT = -1;

export class FreeList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** One past the last id: head and tail of the ring. */
  readonly #sentinel: number;
  #length = 0;

  /** An empty list for ids `0 .. capacity - 1`. */
  constructor(capacity: number) {
    this.#sentinel = capacity;
    this.#next = new Int32Array(capacity + 1).fill(ABSENT);
    this.#previous = new Int32Array(capacity + 1).fill(ABSENT);
    this.#next[capacity] = capacity;
    this.#previous[capacity] = capacity;
  }

  get length(): number {
    return this.#length;
  }

  has(id: number): boolean {
    return this.#next[id] !== ABSENT;
  }

  /** To the end: evicted last. */
  append(id: number): void {
    this.#insert(id, this.#previous[this.#sentinel] as number, this.#sentinel);
  }

  /** To the front: reused first. */
  prepend(id: number): void {
    this.#insert(id, this.#sentinel, this.#next[this.#sentinel] as number);
  }

  /** Takes the block that is to be reused next. */
  takeFirst(): number {
    invariant(this.#length > 0, "a block was taken from an empty free list");
    const id = this.#next[this.#sentinel] as number;
    this.remove(id);
    return id;
  }

  remove(id: number): void {
    if (!this.has(id)) throw new InternalError(`block ${id} is not in the free list`);
    const next = this.#next[id] as number;
    const previous = this.#previous[id] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[id] = ABSENT;
    this.#previous[id] = ABSENT;
    this.#length--;
  }

  /** Ids in eviction order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let id = this.#next[this.#sentinel] as number; id !== this.#sentinel; id = this.#next[id] as number) yield id;
  }

  #insert(id: number, previous: number, next: number): void {
    if (this.has(id)) throw new InternalError(`block ${id} is in the free list already`);
    this.#next[previous] = id;
    this.#previous[id] = previous;
    this.#next[id] = next;
    this.#previous[next] = id;
    this.#length++;
  }
}
