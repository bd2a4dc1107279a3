/** Driver for any program that speaks the driver protocol, version 1 (docs/testing/other-systems.md). */
import { z } from "zod";
import { type Clock, systemClock } from "../../base/clock.js";
import { InternalError } from "../../base/errors.js";
import type { CounterRecord, DumpRecord, SutCapabilities } from "../../judge/history/records.js";
import type { GatewayHandle } from "../ports.js";
import { countersOf } from "./kvproof-gateway.js";
import type { EngineRegistration, MatchQuery, RouteAnswer, SutDriver, SutVitals, SystemUnderTest } from "./port.js";
import { parseSamples } from "./prometheus-text.js";
import { StdioClient } from "./stdio-client.js";

const PROTOCOL = 1;
export const DEFAULT_SUT_TIMEOUT_MS = 10_000;

const claim = z.boolean().default(false);
const hello = z.object({
  protocol: z.literal(PROTOCOL, { error: `kvproof speaks protocol ${PROTOCOL}` }),
  name: z.string().min(1).max(100),
  version: z.string().max(100),
  capabilities: z.object({
    match: claim,
    route: claim,
    dump: claim,
    metrics: claim,
    replay: claim,
    lora: claim,
    salt: claim,
    tiers: claim,
    lease_ms: z.int().min(0).nullable().default(null),
    min_match_blocks: z.int().min(1).default(1),
  }),
});
const nothing = z.object({});
const matchResult = z.object({ engines: z.record(z.string(), z.int().nonnegative()) });
const routeResult = z.object({ engine: z.string() });
const dumpResult = z.object({
  engines: z.record(z.string(), z.object({ blocks: z.int().nonnegative() })),
  cap_blocks: z.int().nullable().default(null),
  side_entries: z.int().nonnegative().default(0),
});
const metricsResult = z.object({ text: z.string() });

export interface StdioDriverOptions {
  /** Longest time for a reply. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

export function stdioDriver(options: StdioDriverOptions = {}): SutDriver {
  return {
    name: "stdio driver",
    minMatchBlocks: 1,
    connect: async (gateway, seed = 0) => connect(gateway, seed, options),
  };
}

async function connect(
  gateway: GatewayHandle,
  seed: number,
  { timeoutMs = DEFAULT_SUT_TIMEOUT_MS, clock = systemClock }: StdioDriverOptions,
): Promise<SystemUnderTest> {
  if (gateway.stdio === undefined) throw new InternalError("a stdio driver was started without its pipes");
  const client = new StdioClient(gateway.stdio, { timeoutMs, clock });
  const said = await client.demand("hello", { protocol: PROTOCOL, seed }, hello);
  client.name = said.name;
  return new StdioSystem(client, said);
}

class StdioSystem implements SystemUnderTest {
  readonly name: string;
  readonly version: string;
  readonly capabilities: SutCapabilities;
  readonly minMatchBlocks: number;
  readonly openaiUrl = null;
  readonly #client: StdioClient;

  constructor(client: StdioClient, said: z.infer<typeof hello>) {
    const { min_match_blocks, ...claimed } = said.capabilities;
    this.#client = client;
    this.name = said.name;
    this.version = said.version;
    this.minMatchBlocks = min_match_blocks;
    this.capabilities = { ...claimed, streams: false, proxy: false };
  }

  async addEngine(registration: EngineRegistration): Promise<void> {
    // Version 1 of the protocol has no `uid`.
    const { engine, model, block_size, dialect, topic, http, ranks } = registration;
    await this.#client.demand("engine.add", { engine, model, block_size, dialect, topic, http, ranks }, nothing);
  }

  async removeEngine(engine: string): Promise<void> {
    await this.#client.demand("engine.remove", { engine }, nothing);
  }

  async match(query: MatchQuery): Promise<Record<string, number>> {
    return (await this.#client.call("match", query, matchResult)).engines;
  }

  async route(query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer> {
    return this.#client.call("route", { ...query, loads }, routeResult);
  }

  async dump(): Promise<Omit<DumpRecord, "k" | "at">> {
    const { engines, cap_blocks, side_entries } = await this.#client.call("dump", {}, dumpResult);
    const blocks = Object.fromEntries(Object.entries(engines).map(([engine, entry]) => [engine, entry.blocks]));
    const totalBlocks = Object.values(blocks).reduce((sum, count) => sum + count, 0);
    return { engines: blocks, totalBlocks, capBlocks: cap_blocks, sideEntries: side_entries };
  }

  async streams(): Promise<readonly never[]> {
    return [];
  }

  async counters(): Promise<readonly Omit<CounterRecord, "k" | "at">[]> {
    const { text } = await this.#client.call("metrics", {}, metricsResult);
    return countersOf(parseSamples(text, "kvproof_gateway_batches_"));
  }

  async vitals(): Promise<SutVitals> {
    return {};
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  async letGo(): Promise<void> {
    this.#client.letGo();
  }
}
