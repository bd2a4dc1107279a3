/** Collects cache events between two batches, and beside each the ledger's statement of the same change. */
import type { LedgerBlock, LedgerChange } from "../../base/ledger.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import type { HashedBlock } from "./block-chain.js";
import type { CacheActivity } from "./engine-types.js";

export type Medium = "GPU" | "CPU";

/** Blocks `[from, to)` of a chain, and the sequence's tokens that they hold. */
export interface ChainRun {
  readonly chain: readonly HashedBlock[];
  readonly from: number;
  readonly to: number;
  readonly tokenIds: Uint32Array;
}

/** Blocks of a run of removals still open for more, as the ledger groups them. */
interface OpenRemoval {
  readonly blocks: LedgerBlock[];
  readonly group: number;
  readonly medium: Medium;
}

const NOTHING: CacheActivity = { events: [], ledger: [] };

export class CacheJournal {
  readonly #blockSize: number;
  #events: KvEvent[] = [];
  #ledger: LedgerChange[] = [];
  #openRemoval: OpenRemoval | null = null;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** A run of blocks became resident. */
  stored(run: ChainRun, group: number, medium: Medium): void {
    this.restated(run, group, medium);
    this.#openRemoval = null;
    this.#ledger.push({ op: "store", blocks: ledgerBlocks(run), group, medium });
  }

  /** On the wire a store, in truth nothing new: kv_cache_report_mode=full. */
  restated({ chain, from, to, tokenIds }: ChainRun, group: number, medium: Medium): void {
    const first = chain[from] as HashedBlock;
    const { adapter, sessionId } = first.lineage;
    const blocks = chain.slice(from, to);
    this.#events.push({
      type: "stored",
      blockHashes: blocks.map((block) => block.wire),
      parent: first.parentWire,
      tokenIds,
      blockSize: this.#blockSize,
      loraId: adapter?.id ?? null,
      loraName: adapter?.name ?? null,
      medium,
      extraKeys: blocks.map((block) => block.extraKeys),
      groupIdx: group,
      specKind: "full_attention",
      ...(sessionId === null ? {} : { sessionId }),
    });
  }

  /** One physical copy of `block` is gone. */
  removed(block: HashedBlock, group: number, medium: Medium): void {
    this.#events.push({ type: "removed", blockHashes: [block.wire], medium, groupIdx: group });
    const open = this.#openRemoval;
    if (open && open.group === group && open.medium === medium) {
      open.blocks.push(block.ledger);
      return;
    }
    this.#openRemoval = { blocks: [block.ledger], group, medium };
    this.#ledger.push({ op: "remove", ...this.#openRemoval });
  }

  cleared(): void {
    this.#openRemoval = null;
    this.#events.push({ type: "cleared" });
    this.#ledger.push({ op: "clear" });
  }

  /** Hands out everything as one batch. */
  take(): CacheActivity {
    if (this.isEmpty) return NOTHING;
    const taken = { events: this.#events, ledger: this.#ledger };
    this.#events = [];
    this.#ledger = [];
    this.#openRemoval = null;
    return taken;
  }
}

function ledgerBlocks({ chain, from, to }: ChainRun): LedgerBlock[] {
  const blocks: LedgerBlock[] = [];
  for (let i = from; i < to; i++) blocks.push((chain[i] as HashedBlock).ledger);
  return blocks;
}
