/** Puts an engine together and opens its sockets; everything that fails closes what was already open. */
import type { Server } from "node:http";
import { systemClock } from "../base/clock.js";
import type { Logger } from "../base/log.js";
import { EngineCore } from "./cache/engine-core.js";
import { loadHashes } from "./cache/hash-functions.js";
import { Engine, type RankEndpoints } from "./engine.js";
import type { EngineOptions } from "./engine-options.js";
import { EventClock } from "./event-clock.js";
import { createEngineServer } from "./http/engine-server.js";
import { closeServer, endServer, listen } from "./http/http-server.js";
import { createLabServer } from "./http/lab/lab-server.js";
import { VllmMetrics } from "./http/metrics/vllm-metrics.js";
import { LedgerFile, noLedger } from "./ledger-writer.js";
import { dialable } from "./publisher/endpoints.js";
import type { EventPublisher } from "./publisher/event-publisher.js";
import { openPublisher } from "./publisher/open-publisher.js";
import { publishes } from "./publisher/publisher-config.js";
import { SilentPublisher } from "./publisher/silent-publisher.js";
import { RankLoop } from "./rank-loop.js";
import { StepPacer } from "./step-pacer.js";

export interface StartedEngine {
  readonly engine: Engine;
  readonly http: string;
  readonly lab: string;
  /** vLLM's shutdown: listeners close, requests under way are aborted, publishers get at most 1 s to drain. */
  close(): Promise<void>;
}

/** Things to close, in reverse order of opening. */
type Closers = (() => Promise<void> | void)[];

/** Throws UsageError for impossible sizes, UnavailableError KVP_E_ADDRESS_IN_USE or KVP_E_BIND. */
export async function startEngine(options: EngineOptions, log: Logger): Promise<StartedEngine> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await open(options, log, closers)), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function open(options: EngineOptions, log: Logger, closers: Closers): Promise<Omit<StartedEngine, "close">> {
  // Last of all, so that whoever follows the ledger gets its last record.
  let labServer: Server | null = null;
  closers.push(() => (labServer === null ? undefined : endServer(labServer)));
  const ledger = options.ledgerFile === null ? null : new LedgerFile(options.ledgerFile);
  if (ledger !== null) closers.push(() => ledger.close());
  const clock = new EventClock(systemClock);
  const metrics = new VllmMetrics(options.model, options.ranks, systemClock);
  const cores = await makeCores(options);
  const ranks: { publisher: EventPublisher; endpoints: RankEndpoints | null }[] = [];
  for (let rank = 0; rank < options.ranks; rank++) {
    const opened = await openRank(options, rank, ledger, clock, log);
    closers.push(() => opened.publisher.close());
    ranks.push(opened);
  }
  metrics.readStatsFrom((rank) => (cores[rank] as EngineCore).stats());
  const loops = ranks.map(({ publisher }, rank) => {
    const pacer = new StepPacer(options.timing, systemClock);
    return new RankLoop({ rank, core: cores[rank] as EngineCore, publisher, pacer, observer: metrics, log });
  });
  const engine = new Engine({
    options,
    loops,
    clock,
    endpoints: ranks.flatMap(({ endpoints }) => endpoints ?? []),
    maxModelLen: (cores[0] as EngineCore).config.maxModelLen,
    observer: metrics,
    startedSeconds: systemClock.wallSeconds(),
  });
  closers.push(() => engine.close());
  // The publishers are bound and nobody listens to HTTP yet: what leaves now is what slow joiners miss.
  engine.publishAtStart(options.publishAtStart);
  const lab = createLabServer(engine, ledger, systemClock);
  const labUrl = await listen(lab.server, options.host, options.labPort);
  labServer = lab.server;
  closers.push(() => lab.stop());
  const http = await serve(createEngineServer(engine, metrics, systemClock), options.host, options.port, closers);
  return { engine, http, lab: labUrl };
}

async function makeCores(options: EngineOptions): Promise<EngineCore[]> {
  const hashes = await loadHashes(options.core.hashAlgorithm);
  return Array.from({ length: options.ranks }, () => new EngineCore(options.core, hashes));
}

async function openRank(
  options: EngineOptions,
  rank: number,
  ledgerFile: LedgerFile | null,
  eventClock: EventClock,
  log: Logger,
): Promise<{ publisher: EventPublisher; endpoints: RankEndpoints | null }> {
  const { name: engine, epoch, events: config, dialect, host } = options;
  const ledger = ledgerFile ?? noLedger;
  const clock = systemClock;
  if (!publishes(config))
    return { publisher: new SilentPublisher({ engine, epoch, rank, ledger, clock }), endpoints: null };
  const eventSeconds = (): number => eventClock.seconds();
  const opened = await openPublisher({ config, dialect, engine, epoch, rank, ledger, clock, eventSeconds, log });
  const replay = opened.replayEndpoint;
  return {
    publisher: opened.publisher,
    endpoints: {
      rank,
      events: dialable(opened.endpoint, host),
      replay: replay === null ? null : dialable(replay, host),
    },
  };
}

async function serve(server: Server, host: string, port: number, closers: Closers): Promise<string> {
  const url = await listen(server, host, port);
  closers.push(() => closeServer(server));
  return url;
}
