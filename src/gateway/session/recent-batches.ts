/**
 * Remembers what the last applied batches looked like, so that a second copy of one (a duplicating link, a replay that
 * overlaps the live stream) is told apart from an old number of a new life without asking the publisher.
 */
const WINDOW = 1024;

export class RecentBatches {
  readonly #seqs = new Float64Array(WINDOW).fill(-1);
  readonly #prints = new Int32Array(WINDOW);

  remember(seq: number, payload: Uint8Array): void {
    const at = seq % WINDOW;
    this.#seqs[at] = seq;
    this.#prints[at] = fingerprint(payload);
  }

  has(seq: number, payload: Uint8Array): boolean {
    const at = seq % WINDOW;
    return this.#seqs[at] === seq && this.#prints[at] === fingerprint(payload);
  }

  /** True when batch `seq` is remembered and was another one. */
  differs(seq: number, payload: Uint8Array): boolean {
    const at = seq % WINDOW;
    return this.#seqs[at] === seq && this.#prints[at] !== fingerprint(payload);
  }

  clear(): void {
    this.#seqs.fill(-1);
  }
}

/**
 * FNV-1a over the length and the first 24 bytes. A batch begins with its float64 time stamp, so that two lives differ here.
 * About 30 ns; runs once per applied batch.
 */
function fingerprint(payload: Uint8Array): number {
  const length = payload.length;
  const end = length < 24 ? length : 24;
  let print = 0x811c9dc5 ^ length;
  for (let i = 0; i < end; i++) print = Math.imul(print ^ (payload[i] as number), 0x01000193);
  return print | 0;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
