/** vLLM's metrics of one engine process, fed by the rank loops and read by GET /metrics. */
import { type Clock, NS_PER_S } from "../../../base/clock.js";
import type { EngineStats, FinishReason, RequestOutput, StepResult } from "../../cache/engine-types.js";
import type { GenerationSpec, RequestObserver } from "../../engine.js";
import type { LoopObserver } from "../../rank-loop.js";
import { Counter, type CounterValue, type Family, Histogram, type HistogramValue, type Labels } from "./exposition.js";
import { cacheTiers, counters, finishedReasons, histograms, promptSources } from "./families.js";
import { RequestLife } from "./request-life.js";

type CounterKey = keyof typeof counters;
type HistogramKey = keyof typeof histograms;
type StatsOf = (rank: number) => EngineStats;

export class VllmMetrics implements LoopObserver, RequestObserver {
  readonly #model: string;
  readonly #clock: Clock;
  readonly #counters: Readonly<Record<CounterKey, Counter>>;
  readonly #histograms: Readonly<Record<HistogramKey, Histogram>>;
  readonly #lives = new Map<string, RequestLife>();
  /** Ids that were never scheduled, oldest first, per rank. */
  readonly #unscheduled: string[][];
  #statsOf: StatsOf | undefined;

  constructor(model: string, ranks: number, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
    const created = clock.wallSeconds();
    this.#counters = mapValues(counters, ([name, help]) => new Counter(name, help, created));
    this.#histograms = mapValues(histograms, ([name, help, bounds]) => new Histogram(name, help, bounds, created));
    this.#unscheduled = Array.from({ length: ranks }, () => []);
    for (let rank = 0; rank < ranks; rank++) this.#showZeros(rank);
  }

  /** The cores exist only after their observers; until then cache counters stay 0. */
  readStatsFrom(statsOf: StatsOf): void {
    this.#statsOf = statsOf;
  }

  /** Requests that have not finished, for the gauges about adapters. */
  get lives(): Iterable<RequestLife> {
    return this.#lives.values();
  }

  submitted(rank: number, id: string, spec: GenerationSpec): void {
    const life = new RequestLife({
      rank,
      adapter: spec.adapter?.name ?? null,
      promptTokens: spec.tokens.length,
      maxTokens: spec.maxTokens,
      arrivedNs: this.#clock.nowNs(),
    });
    this.#lives.set(id, life);
    this.#unscheduled[rank]?.push(id);
  }

  stepped(rank: number, result: StepResult): void {
    for (const id of result.preempted) {
      const life = this.#lives.get(id);
      if (life !== undefined) life.preemptions++;
    }
    // First come, first served: who no longer waits is at the front of the line.
    const line = this.#unscheduled[rank] as string[];
    const waiting = this.#statsOf?.(rank).waiting ?? 0;
    while (line.length > waiting) {
      const life = this.#lives.get(line.shift() as string);
      if (life !== undefined) life.scheduledNs = this.#clock.nowNs();
    }
  }

  delivered(rank: number, outputs: readonly RequestOutput[]): void {
    if (outputs.length === 0) return;
    const now = this.#clock.nowNs();
    let iterationTokens = outputs.length;
    for (const output of outputs) {
      const life = this.#lives.get(output.id);
      if (life === undefined) continue;
      life.generated++;
      if (life.lastTokenNs === null) iterationTokens += this.#firstToken(life, output, now);
      else this.#histogram("interToken", rank).observe((now - life.lastTokenNs) / NS_PER_S);
      life.lastTokenNs = now;
    }
    this.#counter("generationTokens", rank).value += outputs.length;
    this.#histogram("iteration", rank).observe(iterationTokens);
  }

  finished(rank: number, id: string, reason: FinishReason | "abort"): void {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    this.#lives.delete(id);
    this.#counter("success", rank, { finished_reason: reason }).value++;
    const line = this.#unscheduled[rank] as string[];
    if (line.includes(id)) line.splice(line.indexOf(id), 1);
    this.#observeLife(rank, life, this.#clock.nowNs());
  }

  /** In the order of the page, the cache's own counters read at this moment. */
  families(): Family[] {
    this.#unscheduled.forEach((_, rank) => {
      const stats = this.#statsOf?.(rank);
      if (stats === undefined) return;
      this.#counter("queries", rank).value = stats.prefixQueries;
      this.#counter("hits", rank).value = stats.prefixHits;
      this.#counter("preemptions", rank).value = stats.preemptions;
    });
    return [...Object.values(this.#counters), ...Object.values(this.#histograms)];
  }

  /** Returns the prompt tokens that were computed. */
  #firstToken(life: RequestLife, output: RequestOutput, now: number): number {
    const { rank, promptTokens } = life;
    const computed = promptTokens - output.cachedTokens;
    life.firstTokenNs = now;
    life.cachedTokens = output.cachedTokens;
    this.#histogram("ttft", rank).observe((now - life.arrivedNs) / NS_PER_S);
    this.#counter("promptTokens", rank).value += promptTokens;
    this.#counter("promptCached", rank).value += output.cachedTokens;
    this.#counter("promptBySource", rank, { source: "local_compute" }).value += computed;
    this.#counter("promptBySource", rank, { source: "local_cache_hit" }).value += output.cachedTokens;
    this.#counter("cachedBySource", rank, { source: "device" }).value += output.cachedTokens;
    return computed;
  }

  #observeLife(rank: number, life: RequestLife, now: number): void {
    const seconds = (from: number, to: number): number => (to - from) / NS_PER_S;
    const last = life.lastTokenNs ?? now;
    const first = life.firstTokenNs ?? last;
    const scheduled = life.scheduledNs ?? first;
    const decode = seconds(first, last);
    this.#histogram("promptSize", rank).observe(life.promptTokens);
    this.#histogram("outputSize", rank).observe(life.generated);
    this.#histogram("maxOutput", rank).observe(life.maxTokens);
    this.#histogram("maxTokens", rank).observe(life.maxTokens);
    this.#histogram("n", rank).observe(1);
    this.#histogram("computed", rank).observe(life.promptTokens - life.cachedTokens);
    this.#histogram("preempted", rank).observe(life.preemptions);
    this.#histogram("e2e", rank).observe(seconds(life.arrivedNs, now));
    this.#histogram("queue", rank).observe(seconds(life.arrivedNs, scheduled));
    this.#histogram("prefill", rank).observe(seconds(scheduled, first));
    this.#histogram("decode", rank).observe(decode);
    this.#histogram("inference", rank).observe(seconds(scheduled, last));
    this.#histogram("perToken", rank).observe(life.generated > 1 ? decode / (life.generated - 1) : 0);
  }

  #showZeros(rank: number): void {
    const labelled: Partial<Record<CounterKey, readonly Labels[]>> = {
      success: finishedReasons.map((reason) => ({ finished_reason: reason })),
      promptBySource: promptSources.map((source) => ({ source })),
      cachedBySource: cacheTiers.map((source) => ({ source })),
    };
    for (const key of Object.keys(counters) as CounterKey[]) {
      for (const labels of labelled[key] ?? [{}]) this.#counter(key, rank, labels);
    }
    for (const key of Object.keys(histograms) as HistogramKey[]) this.#histogram(key, rank);
  }

  #counter(key: CounterKey, rank: number, labels: Labels = {}): CounterValue {
    return this.#counters[key].with({ model_name: this.#model, engine: String(rank), ...labels });
  }

  #histogram(key: HistogramKey, rank: number): HistogramValue {
    return this.#histograms[key].with({ model_name: this.#model, engine: String(rank) });
  }
}

function mapValues<K extends string, V, R>(record: Readonly<Record<K, V>>, map: (value: V) => R): Record<K, R> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, map(value)])) as Record<K, R>;
}
