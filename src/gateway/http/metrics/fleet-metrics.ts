/** Metrics of engines, index and tokenizer, read at scrape time. */
import type { Registry } from "prom-client";
import type { PrefixIndexStats } from "../../index/index-types.js";
import { type PulledMetric, pulledCounter, pulledGauge, type Put } from "./pulled.js";

export interface EngineReading {
  readonly engine: string;
  readonly healthy: boolean;
  readonly load: number;
  readonly served: number;
  readonly blocks: number;
}

export interface FleetReading {
  readonly engines: readonly EngineReading[];
  readonly index: PrefixIndexStats;
  readonly tokenizerBytes: number;
}

interface FleetMetric<T> {
  readonly name: string;
  readonly help: string;
  readonly read: (reading: T) => number;
}

const ENGINE_GAUGES: readonly FleetMetric<EngineReading>[] = [
  { name: "engine_healthy", help: "1 while the engine answers /health", read: (e) => (e.healthy ? 1 : 0) },
  { name: "engine_requests_in_flight", help: "Requests of this gateway on the engine", read: (e) => e.load },
  { name: "engine_blocks", help: "Blocks that the index holds for the engine", read: (e) => e.blocks },
];

const ENGINE_REQUESTS: FleetMetric<EngineReading> = {
  name: "engine_requests_total",
  help: "Requests that the engine answered",
  read: (engine) => engine.served,
};

const FLEET_GAUGES: readonly FleetMetric<FleetReading>[] = [
  { name: "engines", help: "Engines registered", read: (f) => f.engines.length },
  { name: "index_blocks", help: "Entries whose place in a prefix is known", read: (f) => f.index.blocks },
  {
    name: "index_side_entries",
    help: "Entries that wait for a parent or are known by hash alone",
    read: (f) => f.index.parked + f.index.unplaced,
  },
  { name: "index_cap_blocks", help: "Most entries that the index keeps", read: (f) => f.index.capBlocks },
  { name: "index_bytes", help: "Bytes of the index's tables, as allocated", read: (f) => f.index.bytes },
  { name: "tokenizer_cache_bytes", help: "Bytes of tokenised prompts kept", read: (f) => f.tokenizerBytes },
];

const INDEX_COUNTERS: readonly FleetMetric<PrefixIndexStats>[] = [
  { name: "index_evictions_total", help: "Entries forgotten because the cap was reached", read: (i) => i.evictedByCap },
  {
    name: "index_orphans_total",
    help: "Blocks stored under a parent that was not known",
    read: (i) => i.orphansParked,
  },
  { name: "index_orphans_adopted_total", help: "Orphans whose parent came later", read: (i) => i.orphansAdopted },
  { name: "index_orphans_dropped_total", help: "Orphans given up", read: (i) => i.orphansDropped },
  {
    name: "index_unknown_removals_total",
    help: "Removals of blocks that were not held",
    read: (i) => i.unknownRemovals,
  },
  {
    name: "index_conflicts_total",
    help: "Stores of a held hash with other tokens or another prefix",
    read: (i) => i.conflicts,
  },
  { name: "index_late_batches_total", help: "Batches for a stream that had been removed", read: (i) => i.lateBatches },
];

/** `reading()` gives the moment that is being scraped. */
export function registerFleetMetrics(registry: Registry, reading: () => FleetReading): void {
  for (const metric of ENGINE_GAUGES) pulledGauge(registry, perEngine(metric, reading));
  pulledCounter(registry, perEngine(ENGINE_REQUESTS, reading));
  for (const { name, help, read } of FLEET_GAUGES) {
    pulledGauge(registry, { name, help, labelNames: [], collect: (put) => put({}, read(reading())) });
  }
  for (const { name, help, read } of INDEX_COUNTERS) {
    pulledCounter(registry, { name, help, labelNames: [], collect: (put) => put({}, read(reading().index)) });
  }
}

function perEngine({ name, help, read }: FleetMetric<EngineReading>, reading: () => FleetReading): PulledMetric {
  const collect = (put: Put): void => {
    for (const engine of reading().engines) put({ engine: engine.engine }, read(engine));
  };
  return { name, help, labelNames: ["engine"], collect };
}
