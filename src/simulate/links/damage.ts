/** Bytes that no decoder can take for a batch: cut short, or beginning with the one byte that MessagePack never uses. */
import type { Rng } from "../../base/rng.js";

export function damaged(payload: Uint8Array, rng: Rng): Uint8Array {
  if (payload.length > 1 && rng.chance(0.7)) return payload.slice(0, rng.int(1, payload.length - 1));
  const bytes = payload.slice();
  bytes[0] = 0xc1;
  return bytes;
}
