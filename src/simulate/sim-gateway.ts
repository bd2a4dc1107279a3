/** The reference gateway of the simulation: its sessions, its index, its policy, without sockets, on virtual time. */
import type { Rng } from "../base/rng.js";
import type { PrefixQuery } from "../gateway/ports.js";
import type { HolderId } from "../gateway/index/index-types.js";
import { PrefixIndex } from "../gateway/index/prefix-index.js";
import { DEFAULT_POLICY } from "../gateway/policy/candidate.js";
import { choose } from "../gateway/policy/choose.js";
import type { CounterRecord, DumpRecord, StreamRecord } from "../judge/history/records.js";
import type { SimEngine } from "./sim-engine.js";
import { SimStream } from "./sim-stream.js";
import type { VirtualTime } from "./virtual-time.js";

interface Member {
  readonly model: string;
  readonly streams: readonly { readonly holder: HolderId; readonly stream: SimStream }[];
}

export interface SimGatewayOptions {
  readonly seed: number;
  /** Longest delay of one message between an engine and the gateway. */
  readonly maxDelayMs: number;
}

export class SimGateway {
  readonly #index: PrefixIndex;
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #maxDelayMs: number;
  readonly #members = new Map<string, Member>();
  #rotation = 0;

  constructor(time: VirtualTime, rng: Rng, options: SimGatewayOptions) {
    this.#index = new PrefixIndex({ seed: options.seed });
    this.#time = time;
    this.#rng = rng;
    this.#maxDelayMs = options.maxDelayMs;
  }

  add(engine: SimEngine): void {
    const { name, core } = engine.spec;
    const streams = engine.ranks.map((rank) => {
      const spec = { engine: name, rank: rank.rank, model: core.model, blockSize: core.blockSize };
      const holder = this.#index.addHolder({ ...spec, groups: core.kvGroups ?? 1 });
      const rng = this.#rng.fork(`${name} ${engine.epoch} ${rank.rank}`);
      const stream = new SimStream(rank, this.#index.sink(holder), this.#time, rng, this.#maxDelayMs);
      stream.connect();
      return { holder, stream };
    });
    this.#members.set(name, { model: core.model, streams });
  }

  remove(name: string): void {
    for (const { holder, stream } of this.#members.get(name)?.streams ?? []) {
      stream.close();
      this.#index.removeHolder(holder);
    }
    this.#members.delete(name);
  }

  /** Leading full blocks per engine, the best of its ranks. */
  match(query: PrefixQuery): Record<string, number> {
    const answer: Record<string, number> = {};
    for (const { engine, blocks } of this.#index.match(query)) answer[engine] = Math.max(answer[engine] ?? 0, blocks);
    return answer;
  }

  /** The engine that would serve the prompt, were all equally busy; undefined when none serves the model. */
  route(query: PrefixQuery): { readonly engine: string; readonly blocks: number } | undefined {
    const matches = this.match(query);
    const candidates = [...this.#members].flatMap(([engine, member]) => {
      if (member.model !== query.model) return [];
      const credit = Math.min(...member.streams.map(({ stream }) => stream.session.status(this.#time.nowNs()).credit));
      return [{ engine, blocks: matches[engine] ?? 0, rank: null, load: 0, credit }];
    });
    return choose(candidates, DEFAULT_POLICY, this.#rotation++)?.ranking[0];
  }

  streams(): Omit<StreamRecord, "k" | "at">[] {
    return this.#eachStream((engine, rank, { session }) => {
      const { state, lastSeq, lives, appliedBatches, duplicateBatches, gaps, missingBatches, replayedBatches, purges } =
        session.status(this.#time.nowNs());
      const counts = { appliedBatches, duplicateBatches, gaps, missingBatches, replayedBatches, purges };
      return { engine, rank, state, lastSeq, lives, ...counts };
    });
  }

  counters(): Omit<CounterRecord, "k" | "at">[] {
    return this.#eachStream((engine, rank, { session }) => {
      const status = session.status(this.#time.nowNs());
      return {
        engine,
        rank,
        received: status.receivedBatches,
        applied: status.appliedBatches,
        duplicate: status.duplicateBatches,
        rejected: status.rejectedBatches,
        dropped: status.droppedBatches,
      };
    });
  }

  dump(): Omit<DumpRecord, "k" | "at"> {
    const { blocks, capBlocks, parked, unplaced } = this.#index.stats();
    const engines = Object.fromEntries([...this.#members.keys()].map((name) => [name, this.#index.blocksOf(name)]));
    return { engines, totalBlocks: blocks, capBlocks, sideEntries: parked + unplaced };
  }

  #eachStream<T>(read: (engine: string, rank: number, stream: SimStream) => T): T[] {
    return [...this.#members].flatMap(([engine, member]) =>
      member.streams.map(({ stream }, rank) => read(engine, rank, stream)),
    );
  }
}
