/**
 * The HTTP APIs of standalone indexers. They share four calls (/register, /unregister, /query, /dump) and differ in names and
 * units; each file behind this port is one such dialect. Exact shapes: docs/testing/other-systems.md.
 */
import type { DumpRecord } from "../../judge/history/records.js";
import type { JsonClient } from "./json-client.js";
import type { EngineRegistration, MatchQuery, RouteAnswer } from "./port.js";

/** One engine as it was registered; answers are translated back by it. */
export interface Registered {
  readonly registration: EngineRegistration;
  /** A number of its own, never given to another engine, for APIs that want one. */
  readonly number: number;
}

export interface IndexerApi {
  readonly name: "kvproof" | "dynamo" | "conductor";
  /** What it can do, as far as the API itself tells. */
  claims(client: JsonClient): Promise<IndexerClaims>;
  register(client: JsonClient, engine: Registered): Promise<void>;
  unregister(client: JsonClient, engine: Registered): Promise<void>;
  /** Leading full blocks held, per engine name. */
  query(
    client: JsonClient,
    query: MatchQuery,
    engines: ReadonlyMap<string, Registered>,
  ): Promise<Record<string, number>>;
  route?(client: JsonClient, query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer>;
  dump?(client: JsonClient): Promise<Omit<DumpRecord, "k" | "at">>;
}

export interface IndexerClaims {
  readonly match: boolean;
  readonly route: boolean;
  readonly dump: boolean;
  readonly replay: boolean;
  readonly lora: boolean;
  readonly salt: boolean;
  readonly tiers: boolean;
}

/** Block size of a prompt's model, as its engines were registered; 0 = no engine of it is registered. */
export function blockSizeOf(model: string, engines: ReadonlyMap<string, Registered>): number {
  for (const { registration } of engines.values()) {
    if (registration.model === model) return registration.block_size;
  }
  return 0;
}
