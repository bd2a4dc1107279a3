/** Driver for the gateway that ships with kvproof (and for anything that speaks its HTTP API). */
import { z } from "zod";
import { waitFor } from "../../base/async.js";
import { packageVersion } from "../../base/package-root.js";
import type { AppliedRecord } from "../../judge/history/load-records.js";
import type { CounterRecord, DumpRecord, StreamRecord, SutCapabilities } from "../../judge/history/records.js";
import type { GatewayHandle, GatewaySpec } from "../ports.js";
import { parseAnswer } from "./answer-shape.js";
import { appliedAnswer, appliedOf } from "./applied-answer.js";
import { JsonClient } from "./json-client.js";
import type {
  AwaitedChoice,
  EngineRegistration,
  MatchQuery,
  ProfileControl,
  RouteAnswer,
  Signal,
  SutDriver,
  SutVitals,
  SystemUnderTest,
} from "./port.js";
import { parseSamples, type Sample } from "./prometheus-text.js";

const queryAnswer = z.object({ engines: z.record(z.string(), z.int().nonnegative()) });
const routeAnswer = z.object({
  engine: z.string(),
  matched_blocks: z.int().nonnegative().optional(),
  decided_ns: z.number().optional(),
});
const dumpAnswer = z.object({
  engines: z.record(z.string(), z.object({ blocks: z.int() })),
  total_blocks: z.int(),
  cap_blocks: z.int().nullable(),
  side_entries: z.int(),
});
const streamStatus = z.object({
  rank: z.int(),
  state: z.string(),
  lastSeq: z.int(),
  lives: z.int(),
  appliedBatches: z.int(),
  duplicateBatches: z.int(),
  gaps: z.int(),
  missingBatches: z.int(),
  replayedBatches: z.int(),
  purges: z.int(),
});
const workersAnswer = z.object({ workers: z.array(z.object({ engine: z.string(), ranks: z.array(streamStatus) })) });

const livesAnswer = z.object({ workers: z.array(z.object({ engine: z.string(), uid: z.string() })) });
/** A pod that is ready is seen by a watch at once, and asked what it is. */
const DISCOVERY_MS = 15_000;

const PREFIX = "kvproof_gateway_";
const RECEIVED = "kvproof_gateway_batches_received_total";
const SETTLED = "kvproof_gateway_batches_total";
const HEAP = "nodejs_heap_size_used_bytes";
const INDEX_BYTES = "kvproof_gateway_index_bytes";
const INDEX_BLOCKS = "kvproof_gateway_index_blocks";
const EVENT_BYTES = "event_bytes_total";
/** prom-client's monitor. */
const LOOP_INTERVAL_MS = 10;
const LOOP_P99 = "nodejs_eventloop_lag_p99_seconds";

/** What our gateway does, given how it is started. */
export function kvproofGatewayDriver(spec: GatewaySpec): SutDriver {
  const capabilities: SutCapabilities = {
    match: true,
    route: true,
    dump: true,
    streams: true,
    metrics: true,
    replay: spec.replay,
    lora: true,
    salt: true,
    tiers: true,
    proxy: true,
    lease_ms: null,
  };
  return {
    name: "kvproof-gateway",
    minMatchBlocks: spec.minMatchBlocks ?? 1,
    connect: async (gateway) =>
      new (spec.discover ? DiscoveringGateway : KvproofGateway)(gateway, capabilities, spec.traceApplied !== undefined),
  };
}

class KvproofGateway implements SystemUnderTest {
  readonly name = "kvproof-gateway";
  readonly version = packageVersion;
  readonly capabilities: SutCapabilities;
  readonly openaiUrl: string;
  protected readonly client: JsonClient;

  readonly #traces: boolean;

  constructor(gateway: GatewayHandle, capabilities: SutCapabilities, traces: boolean) {
    this.#traces = traces;
    this.capabilities = capabilities;
    this.openaiUrl = gateway.url;
    this.client = new JsonClient(gateway.url, gateway.adminToken);
  }

  async addEngine(engine: EngineRegistration): Promise<void> {
    await this.client.post("/register", engine);
  }

  async removeEngine(engine: string): Promise<void> {
    await this.client.post("/unregister", { engine });
  }

  async match(query: MatchQuery): Promise<Record<string, number>> {
    return parseAnswer(queryAnswer, await this.client.post("/query", query), "/query").engines;
  }

  async route(query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer> {
    return this.#routed({ ...query, loads });
  }

  async routeUntil(
    query: MatchQuery,
    loads: Readonly<Record<string, number>>,
    { engine, matchedBlocks, waitMs }: AwaitedChoice,
  ): Promise<RouteAnswer> {
    return this.#routed({ ...query, loads, until: { engine, matched_blocks: matchedBlocks, wait_ms: waitMs } });
  }

  async #routed(question: object): Promise<RouteAnswer> {
    const answer = parseAnswer(routeAnswer, await this.client.post("/route", question), "/route");
    return {
      engine: answer.engine,
      ...(answer.matched_blocks === undefined ? {} : { matchedBlocks: answer.matched_blocks }),
      ...(answer.decided_ns === undefined ? {} : { decidedNs: answer.decided_ns }),
    };
  }

  async dump(): Promise<Omit<DumpRecord, "k" | "at">> {
    const dump = parseAnswer(dumpAnswer, await this.client.get("/dump"), "/dump");
    const engines = Object.fromEntries(Object.entries(dump.engines).map(([engine, { blocks }]) => [engine, blocks]));
    return { engines, totalBlocks: dump.total_blocks, capBlocks: dump.cap_blocks, sideEntries: dump.side_entries };
  }

  async streams(): Promise<readonly Omit<StreamRecord, "k" | "at">[]> {
    const { workers } = parseAnswer(workersAnswer, await this.client.get("/workers"), "/workers");
    return workers.flatMap(({ engine, ranks }) => ranks.map((status) => ({ engine, ...status })));
  }

  async counters(): Promise<readonly Omit<CounterRecord, "k" | "at">[]> {
    return countersOf(parseSamples(await this.client.text("/metrics"), "kvproof_gateway_batches_"));
  }

  async signals(): Promise<readonly Signal[]> {
    return signalsOf(parseSamples(await this.client.text("/metrics"), PREFIX));
  }

  async applied(): Promise<readonly Omit<AppliedRecord, "k" | "at">[]> {
    if (!this.#traces) return [];
    return appliedOf(parseAnswer(appliedAnswer, await this.client.get("/applied"), "/applied"));
  }

  profile(control: ProfileControl): Promise<unknown> {
    return this.client.post("/profile", control);
  }

  heapSnapshot(file: string): Promise<void> {
    return this.client.download("/heap-snapshot", file);
  }

  async vitals(): Promise<SutVitals> {
    return vitalsOf(await this.client.text("/metrics"));
  }

  stop(): Promise<void> {
    return this.client.close();
  }
}

/** Does not have to be told of engines: telling it means waiting until it knows. */
class DiscoveringGateway extends KvproofGateway {
  override addEngine({ engine, uid }: EngineRegistration): Promise<void> {
    return this.#until(engine, `find engine ${engine}`, (life) => life === uid);
  }

  override removeEngine(engine: string): Promise<void> {
    return this.#until(engine, `forget engine ${engine}`, (life) => life === null);
  }

  /** `holds` is asked with the life of the engine that it knows; null = none. */
  async #until(engine: string, what: string, holds: (life: string | null) => boolean): Promise<void> {
    let known: string | null = null;
    await waitFor(
      async () => {
        const { workers } = parseAnswer(livesAnswer, await this.client.get("/workers"), "/workers");
        known = workers.find((worker) => worker.engine === engine)?.uid ?? null;
        if (holds(known)) return true;
        throw new Error(`it knows ${known ?? "none of that name"}`);
      },
      { describe: `the gateway to ${what}`, timeoutMs: DISCOVERY_MS, code: "KVP_E_SUT_UNAVAILABLE" },
    );
  }
}

/** The event loop's delay without the interval of the timer that measures it. */
export function vitalsOf(page: string): SutVitals {
  const own = parseSamples(page, PREFIX);
  const samples = [...parseSamples(page, "nodejs_"), ...own.filter(({ name }) => !name.endsWith(EVENT_BYTES))];
  const valueOf = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
  const facts = { heapBytes: valueOf(HEAP), indexBytes: valueOf(INDEX_BYTES), indexBlocks: valueOf(INDEX_BLOCKS) };
  const loopSeconds = valueOf(LOOP_P99);
  const streams = own.filter(({ name }) => name === PREFIX + EVENT_BYTES);
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    ...(loopSeconds === undefined ? {} : { eventLoopP99Ms: Math.max(0, loopSeconds * 1000 - LOOP_INTERVAL_MS) }),
    ...(streams.length === 0 ? {} : { eventBytes: streams.reduce((sum, { value }) => sum + value, 0) }),
  };
}

/** `received` and the four results of each stream, from the documented metrics. */
export function countersOf(samples: readonly Sample[]): Omit<CounterRecord, "k" | "at">[] {
  const streams = new Map<string, { -readonly [K in keyof Omit<CounterRecord, "k" | "at">]: CounterRecord[K] }>();
  for (const { name, labels, value } of samples) {
    const { engine, rank, result } = labels;
    if (engine === undefined || rank === undefined) continue;
    const key = `${engine} ${rank}`;
    const stream = streams.get(key) ?? {
      engine,
      rank: Number(rank),
      received: 0,
      applied: 0,
      duplicate: 0,
      rejected: 0,
      dropped: 0,
    };
    streams.set(key, stream);
    if (name === RECEIVED) stream.received = value;
    if (name === SETTLED && isResult(result)) stream[result] = value;
  }
  return [...streams.values()];
}

/** Metrics that move when something is wrong, and their labels that say what. Audits and the like move all the time. */
const SIGNALS: Readonly<Record<string, string | null>> = {
  batches_total: "result",
  events_total: "result",
  gaps_total: null,
  missing_batches_total: null,
  replay_failures_total: null,
  replayed_batches_total: null,
  purges_total: null,
  reconnects_total: null,
  stream_connected: null,
  stream_state: "state",
  stream_lives: null,
  engine_healthy: null,
  health_checks_total: "result",
  retries_total: "reason",
  upstream_failures_total: "reason",
  client_aborts_total: null,
  index_unknown_removals_total: null,
  index_conflicts_total: null,
  index_orphans_total: null,
};
/** What these labels count is daily business. */
const USUAL = new Set(["applied", "ok"]);

export function signalsOf(samples: readonly Sample[]): Signal[] {
  return samples.flatMap(({ name, labels, value }) => {
    const metric = name.slice(PREFIX.length);
    const label = SIGNALS[metric];
    if (label === undefined) return [];
    const what = label === null ? undefined : labels[label];
    if (what !== undefined && USUAL.has(what)) return [];
    const { engine, rank } = labels;
    return {
      metric: what === undefined ? metric : `${metric}{${label}="${what}"}`,
      ...(engine === undefined ? {} : { engine }),
      ...(rank === undefined ? {} : { rank }),
      value,
    };
  });
}

const RESULTS = ["applied", "duplicate", "rejected", "dropped"] as const;
function isResult(text: string | undefined): text is (typeof RESULTS)[number] {
  return RESULTS.includes(text as (typeof RESULTS)[number]);
}
