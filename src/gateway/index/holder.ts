/** One stream's holdings: a holder is a data-parallel rank of an engine, a lane is one KV-cache group of it. */
import type { BrokenBatch } from "./broken-batch.js";
import type { Context, Model } from "./contexts.js";
import type { DuplicateRule, HolderId, HolderSpec } from "./index-types.js";
import type { ParkedBlock } from "./parking.js";
import { Residency } from "./residency.js";

/** KV-cache groups per holder and media per group; what goes beyond is not believed. vLLM has below 10 and below 5. */
export const MAX_GROUPS = 64;
const MAX_MEDIA = 16;
/** What an event without a medium means: every publisher's first tier. */
const DEFAULT_MEDIUM = "GPU";
const RECENT_CONTEXTS = 8;

export class Lane {
  readonly held: Residency;
  /** Medium of column i of `held`. */
  readonly media: string[] = [];
  /** Blocks of `held` whose place in a prefix is not known. */
  unplaced = 0;
  /** node -> hashes of this lane at it beyond the first (an engine that renamed a block and still has both). */
  readonly renamed = new Map<number, number>();
  /** True once one hash stood for two blocks; lookups then look at all of them. */
  ambiguous = false;
  /** Age of new entries, and how many more belong to it (eviction.ts). */
  generation = 0;
  generationLeft = 0;

  /** @param bit its number in the lane sets. */
  constructor(
    readonly holder: Holder,
    readonly group: number,
    readonly bit: number,
    salt: number,
  ) {
    this.held = new Residency(salt);
  }

  /** Column of a medium, or -1 if nothing was ever stored there. */
  findColumn(medium: string | null): number {
    const name = medium ?? DEFAULT_MEDIUM;
    if (this.media[0] === name) return 0;
    return this.media.indexOf(name);
  }
  /** Column of a medium, made on first use; -1 = too many. */
  openColumn(medium: string | null): number {
    const found = this.findColumn(medium);
    if (found >= 0 || this.media.length === MAX_MEDIA) return found;
    if (this.media.length > 0) this.held.addColumn();
    return this.media.push(medium ?? DEFAULT_MEDIUM) - 1;
  }
}

export class Holder {
  /** A match counts only what every lane holds. */
  readonly lanes: Lane[] = [];
  /** The first of the parked blocks that wait for a hash, by that hash. */
  readonly waiting = new Map<string, ParkedBlock>();
  /** Last adapter id seen under a name: another id is another adapter. */
  readonly adapters = new Map<string, number>();
  /** Most recently used first. */
  readonly recentContexts: Context[] = [];
  /** Sum of its lanes'. */
  unplaced = 0;
  removed = false;
  /** The batch whose end was damaged, until the next one is applied. */
  broken: BrokenBatch | null = null;

  constructor(
    readonly id: HolderId,
    readonly spec: HolderSpec,
    readonly model: Model,
    readonly duplicates: DuplicateRule,
  ) {}

  lane(group: number): Lane | undefined {
    for (const lane of this.lanes) if (lane.group === group) return lane;
    return undefined;
  }
  recentContext(lora: string | null, salt: string | null, blockSize: number): Context | undefined {
    for (const context of this.recentContexts) {
      if (context.lora === lora && context.salt === salt && context.blockSize === blockSize && context.id >= 0) {
        return context;
      }
    }
    return undefined;
  }
  remember(context: Context): void {
    this.recentContexts.unshift(context);
    if (this.recentContexts.length > RECENT_CONTEXTS) this.recentContexts.pop();
  }
}
