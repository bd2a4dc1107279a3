/**
 * What undecodable batches looked like that a stream went on without, so that a later replay can be recognised as bringing
 * another, perhaps readable copy: then the link had damaged them, not the publisher.
 */
const MAX_REMEMBERED = 1024;

export class SkippedBatches {
  readonly #prints = new Map<number, number>();

  /** Beyond the limit none is remembered any more: the stream keeps its mark then. */
  remember(seq: number, payload: Uint8Array): void {
    if (this.#prints.size < MAX_REMEMBERED) this.#prints.set(seq, fingerprint(payload));
  }

  /** True when batch `seq` was skipped and looked different. */
  differs(seq: number, payload: Uint8Array): boolean {
    const print = this.#prints.get(seq);
    return print !== undefined && print !== fingerprint(payload);
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
