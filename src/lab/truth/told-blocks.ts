/**
 * What a real engine's events say, as a ledger would have said it: hashes become identities, by the tokens that stores state. Pure.
 * Only what can be told for certain becomes truth; the rest is a problem with its reason.
 */
import { type BlockIdentity, childIdentity, lineageIdentity } from "../../base/block-identity.js";
import type { LedgerBlock, LedgerChange } from "../../base/ledger.js";
import type { BlockRemoved, BlockStored, KvEvent, WireHash } from "../../protocol/kv-event.js";
import { contentsOf } from "../../streams/oracle/block-content.js";
import type { LoadedAdapters } from "./loaded-adapters.js";

interface Told {
  readonly identity: BlockIdentity;
  copies: number;
}

type Before =
  | { readonly identity: BlockIdentity; readonly problem?: undefined }
  | { readonly problem: string; readonly identity?: undefined };

export interface Reading {
  readonly changes: readonly LedgerChange[];
  /** Why the changes are not all that happened. */
  readonly problems: readonly string[];
}

export class ToldBlocks {
  readonly #model: string;
  readonly #adapters: LoadedAdapters;
  /** By hash; only of blocks that are held, so that it is as large as the cache. */
  readonly #blocks = new Map<string, Told>();
  readonly #held = new Map<BlockIdentity, number>();

  constructor(model: string, adapters: LoadedAdapters) {
    this.#model = model;
    this.#adapters = adapters;
  }

  /** By what was read until now. */
  holds(identity: BlockIdentity): boolean {
    return this.#held.has(identity);
  }

  read(events: readonly KvEvent[]): Reading {
    const changes: LedgerChange[] = [];
    const problems: string[] = [];
    for (const event of events) {
      const change = this.#change(event);
      if (typeof change === "string") problems.push(change);
      else changes.push(change);
    }
    return { changes, problems };
  }

  #change(event: KvEvent): LedgerChange | string {
    if (event.type === "stored") return this.#store(event);
    if (event.type === "removed") return this.#remove(event);
    this.#blocks.clear();
    this.#held.clear();
    return { op: "clear" };
  }

  #store(event: BlockStored): LedgerChange | string {
    const { blockHashes, medium } = event;
    if ((event.groupIdx ?? 0) > 0)
      return "a hybrid model's group stores blocks, and events do not say where they stand";
    const contents = contentsOf(event);
    if (contents.length !== blockHashes.length)
      return `a store names ${blockHashes.length} blocks and ${event.tokenIds.length} tokens`;
    const { problem, identity } = this.#before(event, contents[0]?.salt ?? null);
    if (problem !== undefined) return problem;
    let parent = identity;
    const blocks: LedgerBlock[] = [];
    for (const [i, content] of contents.entries()) {
      if (content.beyondText) return "a store names keys that are neither an adapter nor a salt";
      const hash = hexOf(blockHashes[i] as WireHash);
      parent = childIdentity(parent, content.tokens, 0, content.tokens.length);
      this.#add(hash, parent);
      blocks.push([parent, hash]);
    }
    return { op: "store", blocks, medium: medium ?? GPU };
  }

  /** Identity of what the first block follows. */
  #before({ parent, loraId, loraName }: BlockStored, salt: string | null): Before {
    if (parent !== null) {
      const told = this.#blocks.get(hexOf(parent));
      return told ?? { problem: `a store follows block ${hexOf(parent)}, which is not held` };
    }
    const adapter = loraId === null ? null : this.#adapters.named(loraId, loraName);
    if (loraId !== null && adapter === null)
      return { problem: `a store names adapter ${loraName} (${loraId}), which nobody loaded` };
    return { identity: lineageIdentity({ model: this.#model, adapter, salt }) };
  }

  #remove({ blockHashes, medium, groupIdx }: BlockRemoved): LedgerChange | string {
    if ((groupIdx ?? 0) > 0) return "a hybrid model's group removes blocks";
    const blocks: LedgerBlock[] = [];
    for (const wire of blockHashes) {
      const hash = hexOf(wire);
      const told = this.#blocks.get(hash);
      if (told === undefined) return `a removal names block ${hash}, which is not held`;
      if (--told.copies === 0) {
        this.#blocks.delete(hash);
        this.#drop(told.identity);
      }
      blocks.push([told.identity, hash]);
    }
    return { op: "remove", blocks, medium: medium ?? GPU };
  }

  #add(hash: string, identity: BlockIdentity): void {
    const known = this.#blocks.get(hash);
    if (known?.identity === identity) {
      known.copies++;
      return;
    }
    this.#blocks.set(hash, { identity, copies: 1 });
    this.#held.set(identity, (this.#held.get(identity) ?? 0) + 1);
  }

  #drop(identity: BlockIdentity): void {
    const hashes = (this.#held.get(identity) ?? 0) - 1;
    if (hashes > 0) this.#held.set(identity, hashes);
    else this.#held.delete(identity);
  }
}

const GPU = "GPU";

/** As in ledgers: 16 digits for u64, all digits of a digest. */
function hexOf(hash: WireHash): string {
  return typeof hash === "bigint"
    ? BigInt.asUintN(64, hash).toString(16).padStart(16, "0")
    : Buffer.from(hash).toString("hex");
}
