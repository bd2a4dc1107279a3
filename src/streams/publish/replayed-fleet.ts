/** The engines of a trace as processes would be: their publishers and HTTP fronts, and how to make them known to a router. */
import type { StreamFacts } from "../trace/trace-facts.js";
import { duplicatesOf, replayFramesOf } from "../trace/trace-facts.js";
import type { BatchRecord, OddRecord } from "../trace/trace-records.js";
import { EngineFront } from "./engine-front.js";
import { StreamPublisher } from "./stream-publisher.js";
import { waitFor } from "../../base/async.js";

export interface FleetOptions {
  readonly host: string;
  /** First of the ports, two per stream; 0 = chosen by the system. */
  readonly port: number;
  readonly model: string;
  readonly ring: number;
}

/** `engine.add` of the driver protocol, and the body of `POST /register`. */
export interface ReplayedEngine {
  readonly engine: string;
  readonly model: string;
  readonly block_size: number;
  readonly dialect: string;
  readonly topic: string;
  readonly http: string;
  readonly ranks: readonly { readonly rank: number; readonly events: string; readonly replay: string }[];
  readonly duplicates: "copies" | "set";
  readonly uid: string;
}

interface Rank {
  readonly facts: StreamFacts;
  readonly publisher: StreamPublisher;
}

export class ReplayedFleet {
  readonly #ranks: readonly Rank[];
  readonly #fronts: readonly EngineFront[];
  readonly engines: readonly ReplayedEngine[];

  private constructor(ranks: readonly Rank[], fronts: readonly EngineFront[], engines: readonly ReplayedEngine[]) {
    this.#ranks = ranks;
    this.#fronts = fronts;
    this.engines = engines;
  }

  /** @throws UnavailableError KVP_E_ADDRESS_IN_USE, KVP_E_BIND. */
  static async open(facts: readonly StreamFacts[], { host, port, model, ring }: FleetOptions): Promise<ReplayedFleet> {
    const ranks: Rank[] = [];
    const fronts: EngineFront[] = [];
    try {
      for (const [i, one] of facts.entries()) {
        const ports = { port: port && port + i, replayPort: port && port + facts.length + i };
        const publisher = await StreamPublisher.open({
          host,
          ...ports,
          ring,
          replayFrames: replayFramesOf(one.dialect),
        });
        ranks.push({ facts: one, publisher });
      }
      const engines: ReplayedEngine[] = [];
      for (const name of new Set(facts.map(({ stream }) => stream.engine))) {
        const own = ranks.filter(({ facts: { stream } }) => stream.engine === name);
        const engine = describe(name, model, own);
        const adapters = [...new Set(own.flatMap(({ facts: { adapters } }) => adapters))];
        const front = await EngineFront.open(host, {
          model,
          adapters,
          blockSize: engine.block_size,
          topic: engine.topic,
          ranks: engine.ranks,
        });
        fronts.push(front);
        engines.push({ ...engine, http: front.url });
      }
      return new ReplayedFleet(ranks, fronts, engines);
    } catch (thrown) {
      await Promise.all([...ranks.map(({ publisher }) => publisher.close()), ...fronts.map((front) => front.close())]);
      throw thrown;
    }
  }

  async publish(record: BatchRecord): Promise<void> {
    const { facts, publisher } = this.#ranks[record.stream] as Rank;
    await publisher.send(record.seq, record.topic ?? facts.topic, record.payload);
  }

  async publishFrames(record: OddRecord): Promise<void> {
    await this.#ranks[record.stream]?.publisher.sendFrames(record.frames);
  }

  async restart(stream: number): Promise<void> {
    await this.#ranks[stream]?.publisher.restart();
  }

  /** Resolves when every stream, or the one given, has so many subscribers. @throws TimeoutError KVP_E_TIMEOUT naming the stream. */
  async subscribed(count: number, timeoutMs: number, signal: AbortSignal, only?: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (const [i, { facts, publisher }] of this.#ranks.entries()) {
      if (only !== undefined && only !== i) continue;
      await waitFor(() => publisher.subscribers(facts.topic) >= count, {
        describe: `${count} subscribers of ${facts.stream.engine}#${facts.stream.rank} (${publisher.events})`,
        timeoutMs: Math.max(1, Math.round(deadline - performance.now())),
        signal,
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#ranks.map(({ publisher }) => publisher.close()),
      ...this.#fronts.map((front) => front.close()),
    ]);
  }
}

function describe(engine: string, model: string, ranks: readonly Rank[]): Omit<ReplayedEngine, "http"> {
  const { facts } = ranks[0] as Rank;
  const topics = new Set(ranks.map(({ facts: { topic } }) => topic));
  return {
    engine,
    model,
    block_size: facts.blockSize,
    dialect: facts.dialect,
    topic: topics.size === 1 ? facts.topic : "",
    ranks: ranks.map(({ facts: { stream }, publisher: { events, replay } }) => ({ rank: stream.rank, events, replay })),
    duplicates: duplicatesOf(facts.dialect),
    uid: "replay",
  };
}
