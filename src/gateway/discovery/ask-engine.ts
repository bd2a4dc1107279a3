/**
 * Asks a running engine for everything that a registration says: served model, block size, and where each rank publishes.
 * vLLM: `GET /kv_event_sources` (per rank, ports resolved) and `vllm:cache_config_info` in /metrics; SGLang: `GET /server_info`.
 */
import { KvproofError, ProtocolError } from "../../base/errors.js";
import { EngineHttp } from "../fleet/engine-http.js";
import { parseModelList } from "../fleet/model-list.js";
import { parseWith, type RankEndpoints, type Registration, registrationSchema } from "../fleet/registration.js";

const ANSWER_TIMEOUT_MS = 5_000;
/** Hosts that mean "every address of mine": useless to whoever dials from elsewhere. */
const WILDCARD_HOSTS = new Set(["*", "0.0.0.0", "::", "[::]"]);

interface EventFacts {
  readonly ranks: RankEndpoints[];
  readonly topic: string;
  readonly duplicates: "copies" | "set";
  /** null = to be found elsewhere. */
  readonly blockSize: number | null;
}

export interface DiscoveryRequest {
  readonly http: string;
  /** Name to register under; default `<model>/<host:port>`. */
  readonly engine?: string | undefined;
}

/** @throws when the engine does not answer, or not with what is needed; the message names the missing piece. */
export async function askEngine({ http, engine }: DiscoveryRequest): Promise<Registration> {
  const client = new EngineHttp(http, { upstreamTimeoutMs: ANSWER_TIMEOUT_MS });
  try {
    const model = parseModelList(await client.getJson("/v1/models", ANSWER_TIMEOUT_MS)).find(
      ({ parent }) => parent === null,
    );
    if (!model) throw new ProtocolError("KVP_E_UPSTREAM", `${http}/v1/models lists no base model`);
    const { hostname, host } = new URL(http);
    const facts = (await vllmSources(client, hostname)) ?? (await sglangSources(client, hostname));
    if (!facts) throw new ProtocolError("KVP_E_UPSTREAM", `${http} answers neither /kv_event_sources nor /server_info`);
    const registration = {
      engine: engine ?? `${model.id}/${host}`,
      model: model.id,
      block_size: facts.blockSize ?? (await blockSizeFromMetrics(client)),
      topic: facts.topic,
      duplicates: facts.duplicates,
      http,
      ranks: facts.ranks,
    };
    return parseWith(registrationSchema, registration, `what ${http} says of itself`);
  } finally {
    await client.close(0);
  }
}

interface VllmSource {
  readonly enable_kv_cache_events?: unknown;
  readonly publisher?: unknown;
  readonly endpoint?: unknown;
  readonly replay_endpoint?: unknown;
  readonly topic?: unknown;
}

async function vllmSources(client: EngineHttp, hostname: string): Promise<EventFacts | null> {
  const sources = await optionalJson(client, "/kv_event_sources");
  if (sources === null) return null;
  const ranks: RankEndpoints[] = [];
  let topic = "";
  for (const [rank, source] of Object.entries(sources as Record<string, VllmSource | null>)) {
    if (source?.enable_kv_cache_events !== true || source.publisher === "null") continue;
    if (typeof source.topic === "string") topic = source.topic;
    const replay = typeof source.replay_endpoint === "string" ? dialable(source.replay_endpoint, hostname) : null;
    ranks.push({ rank: Number(rank), events: dialable(String(source.endpoint), hostname), replay });
  }
  return { ranks, topic, duplicates: "copies", blockSize: null };
}

interface SglangInfo {
  readonly kv_events?: {
    readonly publisher?: unknown;
    readonly endpoint_host?: unknown;
    readonly endpoint_port_base?: unknown;
    readonly topic?: unknown;
    readonly block_size?: unknown;
    readonly dp_size?: unknown;
  } | null;
}

async function sglangSources(client: EngineHttp, hostname: string): Promise<EventFacts | null> {
  const info = (await optionalJson(client, "/server_info")) as SglangInfo | null;
  const events = info?.kv_events;
  if (!events) return null;
  const host = typeof events.endpoint_host === "string" ? events.endpoint_host : "*";
  const ranks = Array.from({ length: Number(events.dp_size ?? 1) }, (_, rank) => ({
    rank,
    events: dialable(`tcp://${host}:${Number(events.endpoint_port_base) + rank}`, hostname),
    replay: null,
  }));
  const topic = typeof events.topic === "string" ? events.topic : "";
  const blockSize = Number(events.block_size) || null;
  return { ranks: events.publisher === "null" ? [] : ranks, topic, duplicates: "set", blockSize };
}

async function blockSizeFromMetrics(client: EngineHttp): Promise<number> {
  const { status, body } = await client.get("/metrics", ANSWER_TIMEOUT_MS);
  const found = /^vllm:cache_config_info\{(?:[^\n]*,)?block_size="(\d+)"/m.exec(
    status === 200 ? body.toString("utf8") : "",
  );
  if (found) return Number(found[1]);
  throw new KvproofError("KVP_E_UPSTREAM", `${client.url}/metrics has no vllm:cache_config_info with a block_size`);
}

/** null = the engine has no such route. */
async function optionalJson(client: EngineHttp, path: string): Promise<unknown> {
  const { status, body } = await client.get(path, ANSWER_TIMEOUT_MS);
  if (status === 404 || status === 405) return null;
  if (status !== 200) throw new ProtocolError("KVP_E_UPSTREAM", `${client.url}${path} answers ${status}`);
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (typeof value !== "object" || value === null)
    throw new ProtocolError("KVP_E_UPSTREAM", `${client.url}${path} is not an object`);
  return value;
}

/** An engine tells where it binds: "tcp://*:5557" is to be dialled at the host that its HTTP is reached at. */
export function dialable(endpoint: string, hostname: string): string {
  const match = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint);
  if (!match) return endpoint;
  return WILDCARD_HOSTS.has(match[1] as string) ? `tcp://${hostname}:${match[2]}` : endpoint;
}
