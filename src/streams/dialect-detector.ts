/**
 * Which release wrote these batches: a dialect fits when writing the decoded batch again in it gives the same bytes. Several may
 * fit (a reset alone looks the same in all array eras); each batch narrows them down.
 */
import { DEFAULT_DIALECT, DIALECTS, type Dialect } from "../protocol/dialects.js";
import type { KvEventBatch } from "../protocol/kv-event.js";
import { encodeBatch } from "../protocol/kv-event-writer.js";

/** Newest first, so that of several that fit the newest is taken. */
const ORDER = [
  DEFAULT_DIALECT,
  ...(Object.keys(DIALECTS) as Dialect[]).reverse().filter((name) => name !== DEFAULT_DIALECT),
];

export class DialectDetector {
  #fitting: readonly Dialect[] = ORDER;

  /** Dialects that fit all batches until now, the best first; empty = none ever. */
  get fitting(): readonly Dialect[] {
    return this.#fitting;
  }
  /** The one to write in; the default when none fits. */
  get best(): Dialect {
    return this.#fitting[0] ?? DEFAULT_DIALECT;
  }

  /** "other" = a known dialect wrote it, but none that wrote all before; "unknown" = no known dialect did. */
  see(payload: Uint8Array, batch: KvEventBatch): "fits" | "other" | "unknown" {
    const writes = (dialect: Dialect): boolean => Buffer.from(payload).equals(encodeBatch(dialect, batch));
    const still = this.#fitting.filter(writes);
    if (still.length === 0) return ORDER.some(writes) ? "other" : "unknown";
    this.#fitting = still;
    return "fits";
  }
}
