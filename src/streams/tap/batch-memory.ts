/** Digests of the latest batches of a life: the same number with other bytes is another life. */
import { createHash } from "node:crypto";

/** Twice vLLM's default ring. */
const MAX_BATCHES = 20_000;

export class BatchMemory {
  readonly #digests = new Map<number, string>();

  remember(seq: number, payload: Uint8Array): void {
    this.#digests.set(seq, digestOf(payload));
    if (this.#digests.size <= MAX_BATCHES) return;
    const [oldest] = this.#digests.keys();
    this.#digests.delete(oldest as number);
  }

  compare(seq: number, payload: Uint8Array): "same" | "other" | "unknown" {
    const known = this.#digests.get(seq);
    if (known === undefined) return "unknown";
    return known === digestOf(payload) ? "same" : "other";
  }

  clear(): void {
    this.#digests.clear();
  }
}

function digestOf(payload: Uint8Array): string {
  return createHash("sha1").update(payload).digest("base64");
}
