/** Events for tests of this room: the sample values of the golden vectors, and a reader of hex. */
import type { BlockRemoved, BlockStored } from "./kv-event.js";

export const H1 = 0x0102030405060708n;
export const H2 = 0xf1f2f3f4f5f6f7f8n;
export const TOKENS = [1, 2, 300, 70000];

export function aStored(overrides: Partial<BlockStored> = {}): BlockStored {
  return {
    type: "stored",
    blockHashes: [H1],
    parent: null,
    tokenIds: TOKENS,
    blockSize: 4,
    loraId: null,
    loraName: null,
    medium: "GPU",
    extraKeys: [null],
    groupIdx: 0,
    specKind: "full_attention",
    ...overrides,
  };
}

export function aRemoved(overrides: Partial<BlockRemoved> = {}): BlockRemoved {
  return { type: "removed", blockHashes: [H2], medium: "GPU", groupIdx: 0, ...overrides };
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
