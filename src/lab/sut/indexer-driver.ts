/** Driver for standalone indexers over HTTP, in the dialect that they speak (docs/testing/other-systems.md). */
import { UnavailableError, UsageError } from "../../base/errors.js";
import type { DumpRecord, SutCapabilities } from "../../judge/history/records.js";
import type { GatewayHandle, HttpLaunch } from "../ports.js";
import type { IndexerApi, Registered } from "./indexer-api.js";
import { kvproofApi } from "./indexer-kvproof.js";
import { conductorApi, dynamoApi } from "./indexer-rfc.js";
import { JsonClient } from "./json-client.js";
import type { EngineRegistration, MatchQuery, RouteAnswer, SutDriver, SutVitals, SystemUnderTest } from "./port.js";

const APIS: readonly IndexerApi[] = [kvproofApi, dynamoApi, conductorApi];
export const INDEXER_APIS: readonly string[] = APIS.map(({ name }) => name);
/** What a user may say of an indexer beyond, or against, what its API tells. */
export const CLAIMABLE = ["match", "route", "dump", "replay", "lora", "salt", "tiers"] as const;

type IndexerDriverOptions = Pick<HttpLaunch, "api" | "claims" | "timeoutMs">;

export function indexerDriver(options: IndexerDriverOptions = {}): SutDriver {
  return { name: "indexer", minMatchBlocks: 1, connect: (gateway) => connect(gateway, options) };
}

async function connect(gateway: GatewayHandle, options: IndexerDriverOptions): Promise<SystemUnderTest> {
  const client = new JsonClient(gateway.url, gateway.adminToken, options.timeoutMs);
  try {
    const api = options.api === undefined ? await apiOf(client) : apiNamed(options.api);
    const capabilities = {
      ...(await api.claims(client)),
      streams: false,
      metrics: false,
      proxy: false,
      lease_ms: null,
      ...options.claims,
    };
    return new IndexerSystem(client, api, capabilities);
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
}

function apiNamed(name: string): IndexerApi {
  const api = APIS.find((candidate) => candidate.name === name);
  if (api !== undefined) return api;
  throw new UsageError("KVP_E_USAGE", `no indexer API is called ${name}; there are ${INDEXER_APIS.join(", ")}`);
}

/** Ours lists workers in an object, Dynamo's in an array; the Conductor lists services. */
async function apiOf(client: JsonClient): Promise<IndexerApi> {
  const workers: unknown = await client.get("/workers").catch(() => undefined);
  if (Array.isArray(workers)) return dynamoApi;
  if (typeof workers === "object" && workers !== null && "workers" in workers) return kvproofApi;
  const services: unknown = await client.get("/services").catch(() => undefined);
  if (services !== undefined) return conductorApi;
  throw new UnavailableError(
    "KVP_E_SUT_PROTOCOL",
    "the system under test answers neither GET /workers nor GET /services, so its API is unknown; name it with --sut-api",
  );
}

class IndexerSystem implements SystemUnderTest {
  readonly name: string;
  readonly version = "unknown";
  readonly capabilities: SutCapabilities;
  readonly openaiUrl = null;
  readonly #client: JsonClient;
  readonly #api: IndexerApi;
  readonly #engines = new Map<string, Registered>();
  #registered = 0;

  constructor(client: JsonClient, api: IndexerApi, capabilities: SutCapabilities) {
    this.#client = client;
    this.#api = api;
    this.name = `${api.name} indexer`;
    this.capabilities = {
      ...capabilities,
      route: capabilities.route && api.route !== undefined,
      dump: capabilities.dump && api.dump !== undefined,
    };
  }

  async addEngine(registration: EngineRegistration): Promise<void> {
    const before = this.#engines.get(registration.engine);
    // None of the dialects but ours lets a registration replace another.
    if (before !== undefined && this.#api !== kvproofApi) await this.#api.unregister(this.#client, before);
    const engine = { registration, number: before?.number ?? ++this.#registered };
    this.#engines.set(registration.engine, engine);
    await this.#api.register(this.#client, engine);
  }

  async removeEngine(name: string): Promise<void> {
    const engine = this.#engines.get(name);
    if (engine === undefined) return;
    await this.#api.unregister(this.#client, engine);
    this.#engines.delete(name);
  }

  match(query: MatchQuery): Promise<Record<string, number>> {
    return this.#api.query(this.#client, query, this.#engines);
  }

  route(query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer> {
    return this.#api.route?.(this.#client, query, loads) ?? this.#cannot("route");
  }

  dump(): Promise<Omit<DumpRecord, "k" | "at">> {
    return this.#api.dump?.(this.#client) ?? this.#cannot("dump");
  }

  async streams(): Promise<readonly never[]> {
    return [];
  }
  async counters(): Promise<readonly never[]> {
    return [];
  }
  async vitals(): Promise<SutVitals> {
    return {};
  }

  async stop(): Promise<void> {
    // One that runs on must not keep the engines of this run.
    await Promise.allSettled([...this.#engines.values()].map((engine) => this.#api.unregister(this.#client, engine)));
    await this.#client.close();
  }

  letGo(): Promise<void> {
    return this.#client.close();
  }

  #cannot(what: string): Promise<never> {
    return Promise.reject(new UnavailableError("KVP_E_SUT_PROTOCOL", `${this.name} has no ${what}`));
  }
}
