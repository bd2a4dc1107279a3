/** What the lab has of one life of a real vLLM, wherever it runs: the taps that stand for its ledger, and its cache by requests. */
import { join } from "node:path";
import type { Clock } from "../../base/clock.js";
import { UsageError } from "../../base/errors.js";
import type { Rng } from "../../base/rng.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import type { EngineSpec } from "../ports.js";
import { LifeTap } from "../truth/life-tap.js";
import { LoadedAdapters } from "../truth/loaded-adapters.js";
import { ToldBlocks } from "../truth/told-blocks.js";
import { type CacheCall, CacheByRequests } from "./cache-by-requests.js";

export interface VllmLifePlace {
  readonly epoch: number;
  /** Base URL, as the lab reaches it. */
  readonly http: string;
  /** None when it does not publish. */
  readonly streams: readonly { readonly rank: number; readonly events: string; readonly replay: string }[];
  readonly topic: string;
  /** Stem of the files below `<dir>/ledger/`. */
  readonly fileName: string;
}

export interface VllmLifeContext {
  readonly dir: string;
  readonly clock: Clock;
  readonly observer: { record(record: HistoryRecord): void };
  readonly rng: Rng;
}

export class VllmLife {
  readonly ledgerFiles: readonly string[];
  readonly adapters = new LoadedAdapters();
  readonly #spec: EngineSpec;
  readonly #taps: readonly LifeTap[];
  readonly #cache: CacheByRequests;

  /** Listens from now on. */
  constructor(spec: EngineSpec, place: VllmLifePlace, { dir, clock, observer, rng }: VllmLifeContext) {
    this.#spec = spec;
    const { epoch, http, streams, topic, fileName } = place;
    for (const { name, path } of spec.adapters) this.adapters.load(name, path);
    const blocks = streams.map(() => new ToldBlocks(spec.model, this.adapters));
    this.ledgerFiles = streams.map(({ rank }) => join(dir, "ledger", `${fileName}.${epoch}.${rank}.ndjson`));
    const deps = { clock, record: (gap: HistoryRecord) => observer.record(gap) };
    this.#taps = streams.map((stream, i) => {
      const life = { ...stream, engine: spec.engine, epoch, topic, ledgerFile: this.ledgerFiles[i] as string };
      return new LifeTap(life, blocks[i] as ToldBlocks, deps);
    });
    this.#cache = new CacheByRequests(spec, http, { blocks, adapters: this.adapters, rng });
  }

  /** Of `POST /lab/<path>` a real engine has "cache" only. */
  control(path: string, body: unknown): Promise<unknown> {
    if (path === "cache") return this.#cache.call(body as CacheCall);
    throw new UsageError(
      "KVP_E_SCENARIO_IMPOSSIBLE",
      `engine ${this.#spec.engine} is a real vLLM: it has no /lab/${path}`,
    );
  }

  /** Its process is gone. Resolves when all that it said is written down. */
  async ended(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.ended()));
  }

  /** It still runs, and the run is over. */
  async settle(): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap.settled()));
  }
}
