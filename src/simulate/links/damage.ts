/** Bytes that no decoder can take for a batch: cut short, or beginning with the one byte that MessagePack never uses. */
import type { Rng } from "../../base/rng.js";

/** A copy: the publisher's ring keeps what it has, also where that is a Buffer, whose `slice` would share its bytes. */
export function damaged(payload: Uint8Array, rng: Rng): Uint8Array {
  const cut = payload.length > 1 && rng.chance(0.7);
  const bytes = Uint8Array.from(cut ? payload.subarray(0, rng.int(1, payload.length - 1)) : payload);
  if (!cut) bytes[0] = 0xc1;
  return bytes;
}
