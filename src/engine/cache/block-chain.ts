/** The full blocks of one token sequence: their hashes, their identities, and what an event about them says. */
import { childIdentity, lineageIdentity } from "../../base/block-identity.js";
import type { BlockIdentity } from "../../base/block-identity.js";
import type { LedgerBlock } from "../../base/ledger.js";
import type { ExtraKey, WireHash } from "../../protocol/kv-event.js";
import type { BlockHasher } from "./block-hash.js";
import type { ResolvedConfig } from "./engine-config.js";
import type { Adapter } from "./engine-types.js";
import { hashedExtraKeys, wireExtraKeys } from "./extra-keys.js";
import type { Digest, HashValue } from "./hash-input.js";

/** What all blocks of a sequence share. */
export interface Lineage {
  readonly adapter: Adapter | null;
  readonly salt: string | null;
  readonly sessionId: string | null;
}

/** One full block's content. Physical blocks (GPU, CPU) point to it; two copies of a hash may point to different ones. */
export interface HashedBlock {
  readonly digest: Digest;
  readonly wire: WireHash;
  /** Null for the first block of a sequence. */
  readonly parentWire: WireHash | null;
  readonly ledger: LedgerBlock;
  readonly extraKeys: readonly ExtraKey[] | null;
  readonly lineage: Lineage;
  /** Kept only where a CPU tier may have to state them again. */
  readonly tokens: Uint32Array | null;
}

export class BlockChain {
  readonly blocks: HashedBlock[] = [];
  readonly #lineage: Lineage;
  readonly #hasher: BlockHasher;
  readonly #config: ResolvedConfig;
  readonly #rootIdentity: BlockIdentity;
  /** Extra keys of block 0 (with the salt) and of the others, inside the hash and on the wire. */
  readonly #first: readonly HashValue[] | null;
  readonly #later: readonly HashValue[] | null;
  readonly #firstWire: readonly ExtraKey[] | null;
  readonly #laterWire: readonly ExtraKey[] | null;

  constructor(config: ResolvedConfig, hasher: BlockHasher, lineage: Lineage) {
    this.#config = config;
    this.#hasher = hasher;
    this.#lineage = lineage;
    const { adapter, salt } = lineage;
    this.#rootIdentity = lineageIdentity({
      model: config.model,
      adapter: adapter && `${adapter.name}@${adapter.path}`,
      salt,
    });
    this.#first = hashedExtraKeys({ adapter, salt }, config.taggedExtraKeys);
    this.#later = hashedExtraKeys({ adapter }, config.taggedExtraKeys);
    this.#firstWire = wireExtraKeys({ adapter, salt });
    this.#laterWire = wireExtraKeys({ adapter });
  }

  /** Hashes the blocks that `tokens[0, length)` fills and that are not hashed yet. */
  extend(tokens: Uint32Array, length: number): void {
    const { blockSize } = this.#config;
    for (let to = (this.blocks.length + 1) * blockSize; to <= length; to += blockSize) {
      this.blocks.push(this.#next(tokens, to - blockSize, to));
    }
  }

  #next(tokens: Uint32Array, from: number, to: number): HashedBlock {
    const parent = this.blocks.at(-1);
    const extra = parent ? this.#later : this.#first;
    const digest = this.#hasher.block(parent?.digest ?? this.#hasher.root, tokens, from, to, extra);
    const wire = this.#hasher.wire(digest, this.#config.intHashes);
    const identity = childIdentity(parent?.ledger[0] ?? this.#rootIdentity, tokens, from, to);
    return {
      digest,
      wire,
      parentWire: parent?.wire ?? null,
      ledger: [identity, wireHex(wire)],
      extraKeys: parent ? this.#laterWire : this.#firstWire,
      lineage: this.#lineage,
      tokens: this.#config.cpuBlocks > 0 ? tokens.slice(from, to) : null,
    };
  }
}

function wireHex(wire: WireHash): string {
  return typeof wire === "bigint" ? wire.toString(16).padStart(16, "0") : Buffer.from(wire).toString("hex");
}
