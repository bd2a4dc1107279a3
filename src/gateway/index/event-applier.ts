/** Decoded events of one holder at a time, applied to the tables; and the counts of what was applied. */
import type { KvEventSink, RemovedView, StoredView } from "../../protocol/kv-event-sink.js";
import type { BlockStore } from "./block-store.js";
import { adapterKey } from "./contexts.js";
import { makeRoom } from "./eviction.js";
import { MAX_GROUPS } from "./holder.js";
import type { Holder, Lane } from "./holder.js";
import { RemovalQueue } from "./removal-queue.js";
import { dropAdapter } from "./removal.js";
import { StoreBlocks } from "./store-blocks.js";

/** Adapters per holder whose ids are remembered; vLLM serves far fewer at a time. */
const MAX_ADAPTERS = 4096;
/** Slots of retired lanes that each batch takes out of the tables, below 0.1 ms. */
const SWEEP_SLOTS_PER_BATCH = 1024;

export class EventApplier implements KvEventSink {
  /** The stream whose batch is being decoded. */
  holder!: Holder;
  events = 0;
  malformedEvents = 0;
  unknownEvents = 0;
  blocks = 0;
  readonly #store: BlockStore;
  readonly #storeBlocks: StoreBlocks;
  readonly #removals: RemovalQueue;

  constructor(store: BlockStore) {
    this.#store = store;
    this.#storeBlocks = new StoreBlocks(store);
    this.#removals = new RemovalQueue(store);
  }

  begin(holder: Holder): void {
    this.holder = holder;
    this.#store.sweep(SWEEP_SLOTS_PER_BATCH);
    this.events = this.malformedEvents = this.unknownEvents = this.blocks = 0;
  }

  /** The batch is over, be it whole or cut short. */
  end(): void {
    this.#removals.flush();
  }

  stored(event: StoredView): void {
    this.events++;
    this.#removals.flush();
    const { blockCount } = event;
    if (event.loraName !== null && event.loraId !== null) this.#noticeReload(event.loraName, event.loraId);
    const lane = this.holder.lane(event.groupIdx) ?? this.#openLane(event.groupIdx);
    const column = lane?.openColumn(event.medium) ?? -1;
    if (lane === undefined || column < 0) {
      this.malformedEvents++;
      return;
    }
    this.blocks += blockCount;
    this.#store.counters.storedBlocks += blockCount;
    if (blockCount === 0) return;
    const count = Math.min(blockCount, this.#store.maxEntries);
    makeRoom(this.#store, count);
    this.#storeBlocks.apply(event, lane, column, count);
  }

  removed(event: RemovedView): void {
    this.events++;
    this.blocks += event.blockCount;
    const { counters } = this.#store;
    counters.removedBlocks += event.blockCount;
    const lane = this.holder.lane(event.groupIdx);
    const column = lane?.findColumn(event.medium) ?? -1;
    if (lane === undefined || column < 0) {
      counters.unknownRemovals += event.blockCount;
      return;
    }
    for (let i = 0; i < event.blockCount; i++) {
      this.#removals.add(lane, column, (event.hashLo[i] as number) | 0, (event.hashHi[i] as number) | 0);
    }
  }

  cleared(): void {
    this.events++;
    this.#removals.flush();
    for (const lane of this.holder.lanes.slice()) this.#store.clearLane(lane);
  }
  unknown(): void {
    this.events++;
    this.unknownEvents++;
  }
  malformed(): void {
    this.events++;
    this.malformedEvents++;
  }

  #openLane(group: number): Lane | undefined {
    return this.holder.lanes.length < MAX_GROUPS ? this.#store.openLane(this.holder, group) : undefined;
  }
  /** The same name with another id is another adapter: vLLM counts ids up by load order, and hashes the path, which no event tells. */
  #noticeReload(loraName: string, loraId: number): void {
    const { adapters } = this.holder;
    const before = adapters.get(loraName);
    if (before === loraId) return;
    if (adapters.size === MAX_ADAPTERS) adapters.clear();
    adapters.set(loraName, loraId);
    if (before === undefined) return;
    this.#store.counters.adapterReloads++;
    dropAdapter(this.#store, this.holder, adapterKey(loraName, loraId));
  }
}
