/** All parts of one gateway, joined: index, streams, fleet, router, HTTP. */
import { randomInt } from "node:crypto";
import { systemClock } from "../base/clock.js";
import type { Logger } from "../base/log.js";
import { AppliedTrace } from "./applied-trace.js";
import { readConfig } from "./config.js";
import { Discovery } from "./discovery/discovery.js";
import type { PodDiscovery } from "./discovery/kubernetes/pod-discovery.js";
import type { EngineDeps } from "./fleet/engine.js";
import { Fleet } from "./fleet/fleet.js";
import type { OpenStream } from "./fleet/seams.js";
import { AdminToken } from "./http/admin-token.js";
import { IndexerApi } from "./http/indexer-api.js";
import { GatewayMetrics } from "./http/metrics/gateway-metrics.js";
import { OpenAiProxy } from "./http/openai-proxy.js";
import { gatewayRoutes } from "./http/routes.js";
import { GatewayServer } from "./http/server.js";
import { PrefixIndex } from "./index/prefix-index.js";
import { IngestScheduler } from "./ingest-scheduler.js";
import type { GatewayOptions } from "./options.js";
import { DEFAULT_POLICY } from "./policy/candidate.js";
import { Readiness } from "./readiness.js";
import { AwaitedDecisions } from "./awaited-decisions.js";
import { Router } from "./policy/router.js";
import { StreamFollower } from "./stream-follower.js";
import { Tokenizer } from "./tokenizer.js";

export interface RunningGateway {
  readonly url: string;
  /** Stops accepting, lets running requests end for up to `drainMs`, closes everything. */
  stop(drainMs: number): Promise<void>;
}

/** @throws UsageError for a wrong configuration, UnavailableError when the address cannot be bound. */
export async function startGateway(options: GatewayOptions, log: Logger): Promise<RunningGateway> {
  const config = options.config === null ? { described: [], discovered: [] } : readConfig(options.config);
  // Secret, so that no client can craft prompts that collide in the index.
  const seed = randomInt(2 ** 31);
  const index = new PrefixIndex({ seed, ...(options.maxBlocks === null ? {} : { maxBlocks: options.maxBlocks }) });
  const metrics = new GatewayMetrics();
  const discovery: Discovery = new Discovery((registration) => fleet.register(registration), log);
  const trace = options.traceApplied === null ? null : new AppliedTrace(options.traceApplied);
  const decisions = new AwaitedDecisions();
  const scheduler = new IngestScheduler();
  scheduler.onApplied = () => decisions.applied();
  const returned = (engine: string): void => discovery.returned(engine);
  const fleet = new Fleet(engineDeps(options, { index, metrics, returned, trace, scheduler, log }));
  const tokenizer = new Tokenizer((result) => metrics.requests.tokenized(result), log);
  const router = new Router(fleet, index, { ...DEFAULT_POLICY, minMatchBlocks: options.minMatchBlocks });
  observe(metrics, fleet, index, tokenizer);
  const awaited = {
    engines: config.described.map((entry) => entry.engine),
    addresses: config.discovered.map((entry) => entry.http),
  };
  const readiness = new Readiness(awaited, fleet, discovery, options.readyTimeoutMs);
  const proxy = new OpenAiProxy({
    fleet,
    router,
    tokenizer,
    metrics: metrics.requests,
    log,
    maxBodyBytes: options.maxBodyBytes,
  });
  const decidedNs = trace === null ? null : () => systemClock.nowNs();
  const api = new IndexerApi({ fleet, router, index, awaited: decisions, decidedNs });
  const admin = new AdminToken(options.adminToken);
  const server = new GatewayServer(gatewayRoutes({ fleet, proxy, api, admin, metrics, readiness, trace }), log);

  const pods = options.discover === null ? null : await discoverPods(options, fleet, log);
  const url = await server.listen(options.host, options.port).catch(async (error: unknown) => {
    pods?.stop();
    await fleet.close();
    throw error;
  });
  for (const registration of config.described) fleet.register(registration);
  for (const request of config.discovered) discovery.find(request);
  const stop = async (drainMs: number): Promise<void> => {
    readiness.stop();
    discovery.stop();
    pods?.stop();
    await server.close(drainMs);
    await fleet.close();
  };
  return { url, stop };
}

interface EngineNeeds {
  readonly index: PrefixIndex;
  readonly metrics: GatewayMetrics;
  /** An engine whose address was found by asking answers again. */
  readonly returned: (engine: string) => void;
  readonly trace: AppliedTrace | null;
  readonly scheduler: IngestScheduler;
  readonly log: Logger;
}

/** The client of the API server is large, and loaded only where it is used. */
async function discoverPods({ discoverSelector }: GatewayOptions, fleet: Fleet, log: Logger): Promise<PodDiscovery> {
  const { PodDiscovery } = await import("./discovery/kubernetes/pod-discovery.js");
  const { ownCluster } = await import("./discovery/kubernetes/own-cluster.js");
  return new PodDiscovery({
    ...ownCluster(),
    selector: discoverSelector,
    register: (registration) => fleet.register(registration),
    unregister: (engine, life) => void fleet.unregister(engine, life),
    log,
  });
}

function engineDeps(
  options: GatewayOptions,
  { index, metrics, returned, trace, scheduler, log }: EngineNeeds,
): EngineDeps {
  const openStream: OpenStream = ({ replay, ...spec }) =>
    new StreamFollower({ ...spec, replay: options.replay ? replay : null, scheduler, trace, clock: systemClock });
  return {
    index,
    openStream: options.events ? openStream : null,
    log,
    healthIntervalMs: options.healthIntervalMs,
    adapterIntervalMs: options.adapterIntervalMs,
    upstreamTimeoutMs: options.upstreamTimeoutMs,
    events: {
      healthChecked: (_engine, result) => metrics.requests.healthChecked(result),
      adapterDropped: () => metrics.requests.adapterDropped(),
      returned: (engine) => returned(engine.name),
    },
  };
}

function observe(metrics: GatewayMetrics, fleet: Fleet, index: PrefixIndex, tokenizer: Tokenizer): void {
  metrics.observe({
    nowNs: () => systemClock.nowNs(),
    streams: () =>
      [...fleet.engines()].flatMap((engine) => engine.streams().map((stream) => ({ engine: engine.name, ...stream }))),
    fleet: () => ({
      index: index.stats(),
      tokenizerBytes: tokenizer.bytes,
      engines: [...fleet.engines()].map((engine) => ({
        engine: engine.name,
        healthy: engine.health.state === "healthy",
        load: engine.load,
        served: engine.served,
        blocks: index.blocksOf(engine.name),
      })),
    }),
  });
}
