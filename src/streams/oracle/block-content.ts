/** What stands in one block of a store event, and what separates it from blocks of equal tokens. */
import type { BlockStored, ExtraKey } from "../../protocol/kv-event.js";
import { hashKey } from "../hash-key.js";

export interface BlockContent {
  readonly hash: string;
  /** null = first of a sequence. */
  readonly parent: string | null;
  readonly tokens: readonly number[];
  readonly lora: string | null;
  /** Of first blocks only: what follows inherits it. */
  readonly salt: string | null;
  /** Images, embeddings: no question about text means this block. */
  readonly beyondText: boolean;
}

/** Blocks whose tokens the event tells; empty for events that name hashes alone. */
export function contentsOf(event: BlockStored): BlockContent[] {
  const { blockHashes, blockSize, tokenIds, parent } = event;
  if (blockSize === 0 || tokenIds.length !== blockHashes.length * blockSize) return [];
  const tokens = Array.from(tokenIds);
  const lora = adapterOf(event);
  return blockHashes.map((hash, i) => {
    const before = i === 0 ? parent : (blockHashes[i - 1] ?? null);
    const first = before === null;
    const { salt, others } = keysOf(event.extraKeys?.[i] ?? null, event.loraName, first);
    return {
      hash: hashKey(hash),
      parent: before === null ? null : hashKey(before),
      tokens: tokens.slice(i * blockSize, (i + 1) * blockSize),
      lora,
      salt: first ? (event.cacheSalt ?? salt) : null,
      beyondText: others,
    };
  });
}

/** An old engine sends an id alone, which no name in a question can equal. */
export function adapterOf({ loraName, loraId }: BlockStored): string | null {
  return loraName ?? (loraId === null ? null : `\u0000${loraId}`);
}

/** Adapter and salt are both bare strings; the salt stands on the first block of a sequence, last. */
function keysOf(
  keys: readonly ExtraKey[] | null,
  loraName: string | null,
  first: boolean,
): { salt: string | null; others: boolean } {
  const rest = [...(keys ?? [])];
  const adapter = loraName === null ? -1 : rest.indexOf(loraName);
  if (adapter >= 0) rest.splice(adapter, 1);
  if (!first) return { salt: null, others: rest.length > 0 };
  const salt = rest.findLast((key) => typeof key === "string") ?? null;
  return { salt: salt as string | null, others: rest.length > (salt === null ? 0 : 1) };
}
