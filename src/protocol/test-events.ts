/** Events for tests of this room: the sample values of the golden vectors, hex, and what a reader said, as objects. */
import { ProtocolError } from "../base/errors.js";
import type { BlockRemoved, BlockStored, KvEvent, WireHash } from "./kv-event.js";
import { KvEventReader } from "./kv-event-reader.js";
import type { BatchHeader, RemovedView, StoredView } from "./kv-event-sink.js";

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
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

/** A stored or removed view, copied out of the reader's reused arrays; hashes as bigints. */
export interface SeenEvent {
  readonly type: string;
  readonly hashes?: readonly bigint[];
  readonly parent?: bigint | null;
  readonly tokens?: readonly number[];
  readonly taint?: readonly number[] | null;
  readonly blockSize?: number;
  readonly loraId?: number | null;
  readonly loraName?: string | null;
  readonly medium?: string | null;
  readonly groupIdx?: number;
  readonly specKind?: string | null;
  readonly slidingWindow?: number | null;
  readonly salt?: string | null;
  /** Of an unknown type. */
  readonly name?: string;
}

export interface SeenBatch {
  readonly header: BatchHeader;
  readonly events: readonly SeenEvent[];
  readonly errors: readonly ProtocolError[];
}

/** Everything a reader says about a batch. */
export function readBatch(payload: Uint8Array, reader = new KvEventReader()): SeenBatch {
  const events: SeenEvent[] = [];
  const errors: ProtocolError[] = [];
  const header = reader.decodeBatch(payload, {
    stored: (view) => events.push(seenStored(view)),
    removed: (view) => {
      const { medium, groupIdx } = view;
      events.push({ type: "removed", hashes: hashesOf(view), medium, groupIdx });
    },
    cleared: () => events.push({ type: "cleared" }),
    unknown: (name) => events.push({ type: "unknown", name }),
    malformed: (error) => errors.push(error),
  });
  return { header, events, errors };
}

function seenStored(view: StoredView): SeenEvent {
  return {
    type: "stored",
    hashes: hashesOf(view),
    parent: view.hasParent ? wide(view.parentHi, view.parentLo) : null,
    tokens: [...view.tokens.subarray(0, view.tokenCount)],
    taint: view.tainted ? [...view.blockTaint.subarray(0, view.blockCount)] : null,
    blockSize: view.blockSize,
    loraId: view.loraId,
    loraName: view.loraName,
    medium: view.medium,
    groupIdx: view.groupIdx,
    specKind: view.specKind,
    slidingWindow: view.slidingWindow,
    salt: view.salt,
  };
}

function hashesOf(view: RemovedView): bigint[] {
  return Array.from({ length: view.blockCount }, (_, i) => wide(view.hashHi[i] as number, view.hashLo[i] as number));
}

function wide(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The code of the ProtocolError that `act` ends with, undefined when it succeeds; any other error passes through. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** The 64 bits by which readers know a hash. */
export function hashBits(hash: WireHash): bigint {
  if (typeof hash === "bigint") return BigInt.asUintN(64, hash);
  return BigInt(`0x0${toHex(hash.slice(-8))}`);
}

/** What {@link readBatch} must say of an object, extra keys aside. */
export function expectedEvent(event: KvEvent): SeenEvent {
  if (event.type === "cleared") return { type: "cleared" };
  const common = { hashes: event.blockHashes.map(hashBits), medium: event.medium, groupIdx: event.groupIdx ?? 0 };
  if (event.type === "removed") return { type: "removed", ...common };
  return {
    type: "stored",
    ...common,
    parent: event.parent === null ? null : hashBits(event.parent),
    tokens: Array.from(event.tokenIds),
    blockSize: event.blockSize,
    loraId: event.loraId,
    loraName: event.loraName,
    specKind: event.specKind ?? null,
    slidingWindow: event.slidingWindow ?? null,
  };
}
