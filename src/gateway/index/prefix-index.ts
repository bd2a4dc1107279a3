/** Who holds which prefix: exact longest match per engine and rank, fed by KV-event batches. */
import { invariant, ProtocolError, UsageError } from "../../base/errors.js";
import { KvEventReader } from "../../protocol/kv-event-reader.js";
import type { ApplyResult, PrefixMatch, PrefixMatcher, PrefixQuery, StreamSink } from "../ports.js";
import { BlockStore } from "./block-store.js";
import { BrokenBatch } from "./broken-batch.js";
import { EventApplier } from "./event-applier.js";
import { Holder } from "./holder.js";
import type { DuplicateRule, HolderId, HolderSpec, PrefixIndexOptions, PrefixIndexStats } from "./index-types.js";
import { MatchBuffer } from "./match-buffer.js";
import { Matcher } from "./matcher.js";
import { MAX_NODES } from "./node-table.js";
import { dropAdapter } from "./removal.js";

const DEFAULT_MAX_BLOCKS = 4_000_000;
const DEFAULT_MAX_PARKED = 65_536;
const NOTHING: Readonly<ApplyResult> = { rejected: false, events: 0, malformedEvents: 0, unknownEvents: 0, blocks: 0 };

export class PrefixIndex implements PrefixMatcher {
  readonly #store: BlockStore;
  readonly #applier: EventApplier;
  readonly #matcher: Matcher;
  readonly #reader = new KvEventReader();
  readonly #duplicates: DuplicateRule;
  readonly #holders = new Map<HolderId, Holder>();
  readonly #engines = new Map<string, Set<Holder>>();
  readonly #answer = new MatchBuffer();
  #nextId: HolderId = 1;

  /** @throws UsageError KVP_E_USAGE when a cap is out of range */
  constructor(options: PrefixIndexOptions) {
    const { maxBlocks = DEFAULT_MAX_BLOCKS, maxParked = DEFAULT_MAX_PARKED, seed } = options;
    if (!(maxBlocks >= 1 && maxBlocks <= MAX_NODES)) {
      throw new UsageError("KVP_E_USAGE", `maxBlocks must be 1 to ${MAX_NODES}, not ${maxBlocks}`);
    }
    this.#duplicates = options.duplicates ?? "copies";
    this.#store = new BlockStore(Math.floor(maxBlocks), Math.max(0, maxParked), seed);
    this.#applier = new EventApplier(this.#store);
    this.#matcher = new Matcher(this.#store);
  }

  /** A holder of the same (engine, rank) must be removed first. @throws UsageError KVP_E_USAGE */
  addHolder(spec: HolderSpec): HolderId {
    const { engine, rank, model, blockSize, groups = 0 } = spec;
    if (!(Number.isInteger(blockSize) && blockSize > 0)) {
      throw new UsageError("KVP_E_USAGE", `block size of ${engine} must be a positive integer, not ${blockSize}`);
    }
    const others = this.#engines.get(engine) ?? new Set();
    for (const other of others) {
      if (other.spec.rank === rank)
        throw new UsageError("KVP_E_USAGE", `${engine} rank ${rank} is in the index already`);
    }
    const id = this.#nextId++;
    const duplicates = spec.duplicates ?? this.#duplicates;
    const holder = new Holder(id, spec, this.#store.contexts.openModel(model), duplicates);
    for (let group = 0; group < groups; group++) this.#store.openLane(holder, group);
    this.#holders.set(id, holder);
    this.#engines.set(engine, others.add(holder));
    return id;
  }

  /** Forgets the holder: no answer names it from here on, and later batches through its sink apply nothing. */
  removeHolder(id: HolderId): void {
    const holder = this.#holders.get(id);
    if (holder === undefined) return;
    for (const lane of holder.lanes.slice()) this.#store.closeLane(lane);
    this.#store.contexts.closeModel(holder.model);
    holder.removed = true;
    this.#holders.delete(id);
    const { engine } = holder.spec;
    const ranks = this.#engines.get(engine);
    ranks?.delete(holder);
    if (ranks?.size === 0) this.#engines.delete(engine);
  }

  /** Where this holder's batches go. @throws InternalError when the holder is unknown */
  sink(id: HolderId): StreamSink {
    const holder = this.#holders.get(id);
    invariant(holder !== undefined, `no holder ${id} in the index`);
    return { apply: (payload) => this.#apply(holder, payload), purge: () => this.#purge(holder) };
  }

  match(query: PrefixQuery): PrefixMatch[] {
    const answer = this.#answer;
    const count = this.matchInto(query, answer);
    const matches: PrefixMatch[] = [];
    for (let i = 0; i < count; i++) {
      const { engine, rank } = this.holder(answer.holders[i] as number);
      matches.push({ engine, rank, blocks: answer.blocks[i] as number });
    }
    return matches;
  }
  /** As `match`, without allocation: fills `out` and returns the number of entries. */
  matchInto(query: PrefixQuery, out: MatchBuffer): number {
    out.clear();
    const model = this.#store.contexts.models.get(query.model);
    if (model !== undefined) this.#matcher.match(model, query, out);
    return out.length;
  }
  /** @throws InternalError when the holder is unknown */
  holder(id: HolderId): HolderSpec {
    const holder = this.#holders.get(id);
    invariant(holder !== undefined, `no holder ${id} in the index`);
    return holder.spec;
  }

  /** Resident blocks of an engine with a known place, over all ranks; a block that several groups hold counts once per group. */
  blocksOf(engine: string): number {
    let blocks = 0;
    for (const holder of this.#engines.get(engine) ?? []) {
      for (const lane of holder.lanes) blocks += lane.held.count - lane.unplaced;
    }
    return blocks;
  }
  /** Newest id by which the engine's events named the adapter; null = none did. */
  adapterId(engine: string, loraName: string): number | null {
    const ids = [...(this.#engines.get(engine) ?? [])].flatMap((holder) => holder.adapters.get(loraName) ?? []);
    return ids.length === 0 ? null : Math.max(...ids);
  }

  /**
   * Forgets what the engine holds for one adapter (it was unloaded or reloaded); returns the blocks forgotten. Ranks whose
   * events name it by a newer id than `lastId` noticed the reload themselves: what they hold came after it and stays.
   */
  dropAdapter(engine: string, loraName: string, lastId = Number.POSITIVE_INFINITY): number {
    let dropped = 0;
    for (const holder of this.#engines.get(engine) ?? []) {
      if ((holder.adapters.get(loraName) ?? -1) > lastId) continue;
      holder.adapters.delete(loraName);
      dropped += dropAdapter(this.#store, holder, loraName);
    }
    return dropped;
  }

  /** Housekeeping that every batch does a bit of: takes what left engines held out of the tables. Returns the entries left. */
  sweep(slots = Number.MAX_SAFE_INTEGER): number {
    this.#store.sweep(slots);
    return this.#store.retired.entries;
  }

  stats(): PrefixIndexStats {
    const { entries, unplaced, retired, nodes, parking, maxEntries, counters } = this.#store;
    return {
      ...counters,
      holders: this.#holders.size,
      blocks: entries - unplaced - retired.entries,
      retired: retired.entries,
      nodes: nodes.count,
      parked: parking.count,
      unplaced: unplaced - parking.count,
      capBlocks: maxEntries,
      bytes: this.#store.bytes,
    };
  }

  #apply(holder: Holder, payload: Uint8Array): ApplyResult {
    const applier = this.#applier;
    if (holder.removed) {
      this.#store.counters.lateBatches++;
      return { ...NOTHING };
    }
    applier.begin(holder);
    let rejected = false;
    const { broken } = holder;
    holder.broken = null;
    try {
      this.#reader.decodeBatch(payload, applier, broken === null ? 0 : broken.eventsIn(payload));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      rejected = true;
      holder.broken = BrokenBatch.of(this.#reader, payload, broken);
    } finally {
      applier.end();
    }
    const { events, malformedEvents, unknownEvents, blocks } = applier;
    return { rejected, events, malformedEvents, unknownEvents, blocks };
  }

  /** Groups beyond the registered ones are forgotten too: the next life may be another model layout. */
  #purge(holder: Holder): void {
    if (holder.removed) return;
    const known = holder.spec.groups ?? 0;
    for (const lane of holder.lanes.slice()) {
      if (lane.group < known) this.#store.clearLane(lane);
      else this.#store.closeLane(lane);
    }
    holder.adapters.clear();
    holder.broken = null;
  }
}
