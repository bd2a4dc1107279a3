/**
 * A batch whose end was damaged: the events before the damage have been applied. When a whole copy of it comes, they must not be
 * applied again, because copies of a block are counted.
 */
import type { KvEventReader } from "../../protocol/kv-event-reader.js";

export class BrokenBatch {
  /** From the first byte to the end of the last event that was read whole; its time stamp tells it from other batches. */
  readonly #begin: Uint8Array;
  readonly #events: number;

  private constructor(begin: Uint8Array, events: number) {
    this.#begin = begin;
    this.#events = events;
  }

  /** After `reader` failed on `payload`; `before`: what was known of an earlier copy. Null when nothing was applied. */
  static of(reader: KvEventReader, payload: Uint8Array, before: BrokenBatch | null): BrokenBatch | null {
    const { readEventCount, readBytes } = reader;
    if (before !== null && before.eventsIn(payload.subarray(0, before.#begin.length)) > readEventCount) return before;
    if (readEventCount === 0) return before;
    return new BrokenBatch(payload.slice(0, readBytes), readEventCount);
  }

  /** How many events of this batch have been applied already. */
  eventsIn(payload: Uint8Array): number {
    const begin = this.#begin;
    if (payload.length < begin.length) return 0;
    for (let i = 0; i < begin.length; i++) if (payload[i] !== begin[i]) return 0;
    return this.#events;
  }
}
