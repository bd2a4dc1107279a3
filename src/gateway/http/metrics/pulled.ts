/**
 * Metrics whose values live elsewhere and are read at scrape time; each scrape starts from nothing. The values go to the page as
 * they are read: filing each under a hash of its labels first, as `set` does, was half of what a page of 100 engines cost.
 */
import { Counter, Gauge, type Registry } from "prom-client";

export const METRIC_PREFIX = "kvproof_gateway_";

type Labels = Record<string, string | number>;
export type Put = (labels: Labels, value: number) => void;

export interface PulledMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Puts the value of every series that exists now, each once. */
  readonly collect: (put: Put) => void;
}

export function pulledCounter(registry: Registry, metric: PulledMetric): void {
  registry.registerMetric(new PulledCounter(metric));
}

export function pulledGauge(registry: Registry, metric: PulledMetric): void {
  registry.registerMetric(new PulledGauge(metric));
}

class PulledCounter extends Counter {
  readonly #collect: PulledMetric["collect"];

  constructor({ collect, ...metric }: PulledMetric) {
    super(configuration(metric));
    this.#collect = collect;
  }

  override async get(): ReturnType<Counter["get"]> {
    return { ...(await super.get()), values: valuesOf(this.#collect) };
  }
}

class PulledGauge extends Gauge {
  readonly #collect: PulledMetric["collect"];

  constructor({ collect, ...metric }: PulledMetric) {
    super(configuration(metric));
    this.#collect = collect;
  }

  override async get(): ReturnType<Gauge["get"]> {
    return { ...(await super.get()), values: valuesOf(this.#collect) };
  }
}

function configuration({ name, help, labelNames }: Omit<PulledMetric, "collect">): {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
} {
  return { name: METRIC_PREFIX + name, help, labelNames: [...labelNames], registers: [] };
}

function valuesOf(collect: PulledMetric["collect"]): { labels: Labels; value: number }[] {
  const values: { labels: Labels; value: number }[] = [];
  collect((labels, value) => values.push({ labels, value }));
  return values;
}
