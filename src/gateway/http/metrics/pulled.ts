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
  registerPulled(registry, new Counter(configuration(metric)), metric);
}

export function pulledGauge(registry: Registry, metric: PulledMetric): void {
  registerPulled(registry, new Gauge(configuration(metric)), metric);
}

function registerPulled(registry: Registry, metric: Counter | Gauge, { collect }: PulledMetric): void {
  const head = metric.get.bind(metric);
  metric.get = async () => ({ ...(await head()), values: valuesOf(collect) });
  registry.registerMetric(metric);
}

function configuration({ name, help, labelNames }: PulledMetric): {
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
