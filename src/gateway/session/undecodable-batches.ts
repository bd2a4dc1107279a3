/**
 * What undecodable batches of this life looked like. The same bytes again come from the publisher so and are not worth another
 * try; other bytes under the same number are: then the link had done the damage.
 */
const MAX_REMEMBERED = 1024;

export class UndecodableBatches {
  readonly #prints = new Map<number, number>();

  /** The latest copy counts. Beyond the limit no more numbers are remembered: the stream keeps its mark then. */
  remember(seq: number, payload: Uint8Array): void {
    if (this.#prints.size < MAX_REMEMBERED || this.#prints.has(seq)) this.#prints.set(seq, fingerprint(payload));
  }

  /** Batch `seq` looked just like this. */
  has(seq: number, payload: Uint8Array): boolean {
    return this.#prints.size > 0 && this.#prints.get(seq) === fingerprint(payload);
  }

  clear(): void {
    this.#prints.clear();
  }
}

/** FNV-1a over all bytes: damage may be anywhere. */
function fingerprint(payload: Uint8Array): number {
  let print = 0x811c9dc5 ^ payload.length;
  for (let i = 0; i < payload.length; i++) print = Math.imul(print ^ (payload[i] as number), 0x01000193);
  return print | 0;
}
