/**
 * Strings that repeat in every event (medium, adapter, kind, salt) are built once: a direct-mapped table keyed by
 * the bytes. Bounded by its slots and by the length it accepts; everything else is decoded afresh.
 */
import { ProtocolError } from "../base/errors.js";

const SLOTS = 256;
const MAX_CACHED_BYTES = 64;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

interface Entry {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class StringCache {
  private readonly slots: (Entry | undefined)[] = Array.from({ length: SLOTS });

  /** The text of `bytes[start, start + length)`. @throws ProtocolError KVP_E_MSGPACK_INVALID unless it is UTF-8. */
  get(bytes: Uint8Array, start: number, length: number): string {
    if (length === 0) return "";
    if (length > MAX_CACHED_BYTES) return decode(bytes, start, length);
    const slot = slotOf(bytes, start, length);
    const entry = this.slots[slot];
    if (entry !== undefined && equals(entry.bytes, bytes, start, length)) return entry.text;
    const text = decode(bytes, start, length);
    this.slots[slot] = { bytes: bytes.slice(start, start + length), text };
    return text;
  }
}

/** Spread by length and three bytes; names that collide only displace each other. */
function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const last = start + length - 1;
  const ends = Math.imul(bytes[last] as number, 5) ^ Math.imul(bytes[start] as number, 29);
  return (ends ^ Math.imul(bytes[(start + last) >>> 1] as number, 71) ^ Math.imul(length, 113)) & (SLOTS - 1);
}

function equals(cached: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (cached.length !== length) return false;
  for (let i = 0; i < length; i++) if (cached[i] !== bytes[start + i]) return false;
  return true;
}

function decode(bytes: Uint8Array, start: number, length: number): string {
  try {
    return decoder.decode(bytes.subarray(start, start + length));
  } catch (cause) {
    throw new ProtocolError("KVP_E_MSGPACK_INVALID", `the string at byte ${start} is not UTF-8`, { cause });
  }
}
