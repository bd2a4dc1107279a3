/**
 * What an engine can get wrong on the wire, on purpose. A quirk changes the bytes of one batch; the ledger keeps telling
 * what the engine really holds (`wire` in base/ledger.ts marks batches and changes that the bytes do not state as they are).
 */
import type { LedgerChange } from "../../base/ledger.js";
import type { BlockStored, KvEvent, WireHash } from "../../protocol/kv-event.js";

export interface QuirkInfo {
  readonly does: string;
  /** Whether the quirk can show in this batch; it stays armed until one comes. */
  readonly fits: (events: readonly KvEvent[]) => boolean;
}

const always = (): boolean => true;
const hasStore = (events: readonly KvEvent[]): boolean => events.some((event) => event.type === "stored");

export const quirks = {
  "duplicate-store": { does: "states every store of the next batch with stores twice", fits: hasStore },
  "missing-remove": {
    does: "leaves the removals out of the next batch that has some",
    fits: (events) => events.some((event) => event.type === "removed"),
  },
  "missing-store": { does: "leaves the stores out of the next batch that has some", fits: hasStore },
  "sparse-store": { does: "states the next batch's first store with the tokens of one block too few", fits: hasStore },
  "burn-seq": {
    does: "consumes the next batch's sequence number but sends nothing; no replay returns it",
    fits: always,
  },
  "garbled-batch": {
    does: "sends undecodable bytes in place of the next batch; a replay returns the same",
    fits: always,
  },
  "garbled-event": { does: "puts a malformed event before the events of the next batch", fits: always },
  "unknown-event": { does: "puts an event of an unknown type before the events of the next batch", fits: always },
  "wrong-parent": { does: "names a parent that was never stored in the first store of the next batch", fits: hasStore },
  "clear-on-idle": {
    does: "drops the cache as soon as the engine idles and says so at once, with no request behind it",
    fits: (events) => events.length === 1 && events[0]?.type === "cleared",
  },
} as const satisfies Record<string, QuirkInfo>;

export type QuirkKind = keyof typeof quirks;
export const quirkKinds = Object.keys(quirks) as QuirkKind[];

export function isQuirkKind(name: string): name is QuirkKind {
  return Object.hasOwn(quirks, name);
}

/** The events as stated on the wire under the quirk. Quirks of bytes and of sequence numbers leave them as they are. */
export function distortEvents(kind: QuirkKind, events: readonly KvEvent[]): readonly KvEvent[] {
  switch (kind) {
    case "duplicate-store":
      return events.flatMap((event): KvEvent[] => (event.type === "stored" ? [event, event] : [event]));
    case "missing-remove":
      return events.filter((event) => event.type !== "removed");
    case "missing-store":
      return events.filter((event) => event.type !== "stored");
    case "wrong-parent":
      return changeFirstStore(events, adopt);
    case "sparse-store":
      return changeFirstStore(events, thinOut);
    case "garbled-event":
    case "unknown-event":
      return [{ type: "cleared" }, ...events];
    case "burn-seq":
    case "garbled-batch":
    case "clear-on-idle":
      return events;
  }
}

/** The ledger's changes, marked where the batch's bytes state them otherwise under the quirk. */
export function markChanges(kind: QuirkKind, changes: readonly LedgerChange[]): readonly LedgerChange[] {
  const firstStore = changes.findIndex((change) => change.op === "store");
  return changes.map((change, i): LedgerChange => {
    if (change.op === "store" && kind === "duplicate-store") return { ...change, wire: "doubled" };
    if (change.op === "remove" && kind === "missing-remove") return { ...change, wire: "unsaid" };
    if (change.op === "store" && kind === "missing-store") return { ...change, wire: "unsaid" };
    const isFirst = kind === "wrong-parent" || kind === "sparse-store";
    if (change.op === "store" && isFirst && i === firstStore) return { ...change, wire: "misplaced" };
    return change;
  });
}

/** The payload as sent under the quirk. Event quirks overwrite the tag of the carrier that {@link distortEvents} put first. */
export function distortPayload(kind: QuirkKind, payload: Uint8Array): Uint8Array {
  if (kind === "garbled-batch") return garble(payload);
  if (kind === "unknown-event") return overwriteTag(payload, unknownTag);
  if (kind === "garbled-event") return overwriteTag(payload, malformedTag);
  return payload;
}

const carrierTag = Buffer.from("\xb0AllBlocksCleared", "latin1");
/** A type no release knows, of the same length. */
const unknownTag = Buffer.from("\xb0AllBlocksMoulted", "latin1");
/** Well-formed MessagePack of the same length (array 16 with 14 nils) where every schema wants a string. */
const malformedTag = Buffer.concat([Buffer.from([0xdc, 0x00, 0x0e]), Buffer.alloc(14, 0xc0)]);

function overwriteTag(payload: Uint8Array, tag: Buffer): Uint8Array {
  const bytes = Buffer.from(payload);
  const at = bytes.indexOf(carrierTag);
  if (at >= 0) tag.copy(bytes, at);
  return bytes;
}

/** 0xc1 is the one byte that MessagePack never uses; the length stays, so that sizes tell nothing. */
function garble(payload: Uint8Array): Uint8Array {
  return new Uint8Array(payload.length).fill(0xc1);
}

function changeFirstStore(events: readonly KvEvent[], change: (store: BlockStored) => BlockStored): readonly KvEvent[] {
  const first = events.findIndex((event) => event.type === "stored");
  return events.map((event, i) => (i === first ? change(event as BlockStored) : event));
}

/** As hybrid models do, some of whose blocks are not kept (vllm#44451): nobody can say which tokens belong to which hash. */
function thinOut(event: BlockStored): BlockStored {
  return { ...event, tokenIds: Array.from(event.tokenIds).slice(event.blockSize) };
}

/** A parent nobody stored: the complement of the first block's own hash. */
function adopt(event: BlockStored): BlockStored {
  const own = event.blockHashes[0];
  return own === undefined ? event : { ...event, parent: complement(own) };
}

function complement(hash: WireHash): WireHash {
  if (typeof hash !== "bigint") return hash.map((byte) => byte ^ 0xff);
  return hash < 0n ? ~hash : hash ^ 0xffff_ffff_ffff_ffffn;
}
