/** Seeded randomness (pure-rand's xoroshiro128+). The same seed and the same calls give the same numbers everywhere. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export class Rng {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed | 0);
  }
  /** Uniform integer in [low, high], both ends included. */
  int(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }
  u32(): number {
    return uniformInt(this.#generator, 0, 0xffffffff) >>> 0;
  }
  /** Uniform in [0, 1). */
  float(): number {
    return this.u32() / 0x1_0000_0000;
  }
  chance(probability: number): boolean {
    return this.float() < probability;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T;
  }
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }
  /** An independent generator for a named purpose, so that one consumer's draws do not shift another's. */
  fork(label: string): Rng {
    let h = this.u32();
    for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193);
    return new Rng(h);
  }
}
