/** Prompts that engines were given lately, for questions about them: a ring, the oldest make room. */
import type { Rng } from "../../base/rng.js";

export class PromptPool<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (this.#items.length < this.#capacity) this.#items.push(item);
    else this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  pick(rng: Rng): T | null {
    return this.#items.length === 0 ? null : rng.pick(this.#items);
  }

  all(): readonly T[] {
    return this.#items;
  }

  /** A random item that `wanted` accepts, taken out; null when a few draws find none. */
  take(rng: Rng, wanted: (item: T) => boolean): T | null {
    for (let draw = 0; draw < 8 && this.#items.length > 0; draw++) {
      const at = rng.int(0, this.#items.length - 1);
      const item = this.#items[at] as T;
      if (!wanted(item)) continue;
      this.#items.splice(at, 1);
      this.#next = this.#items.length % this.#capacity;
      return item;
    }
    return null;
  }
}
