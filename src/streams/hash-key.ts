/** A block hash as a key and as text for people: `5309…` for numbers, `0x…` for digest bytes. */
import type { WireHash } from "../protocol/kv-event.js";

export function hashKey(hash: WireHash): string {
  return typeof hash === "bigint" ? String(hash) : `0x${Buffer.from(hash).toString("hex")}`;
}
