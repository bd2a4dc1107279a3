/** Metrics whose values live elsewhere and are read at scrape time; each scrape starts from nothing. */
import { Counter, Gauge, type Registry } from "prom-client";

export const METRIC_PREFIX = "kvproof_gateway_";

type Labels = Record<string, string | number>;
export type Put = (labels: Labels, value: number) => void;

export interface PulledMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Puts the value of every series that exists now. */
  readonly collect: (put: Put) => void;
}

export function pulledCounter(registry: Registry, { name, help, labelNames, collect }: PulledMetric): void {
  const counter = new Counter({
    name: METRIC_PREFIX + name,
    help,
    labelNames: [...labelNames],
    registers: [],
    collect() {
      counter.reset();
      collect((labels, value) => counter.inc(labels, value));
    },
  });
  registry.registerMetric(counter);
}

export function pulledGauge(registry: Registry, { name, help, labelNames, collect }: PulledMetric): void {
  const gauge = new Gauge({
    name: METRIC_PREFIX + name,
    help,
    labelNames: [...labelNames],
    registers: [],
    collect() {
      gauge.reset();
      collect((labels, value) => gauge.set(labels, value));
    },
  });
  registry.registerMetric(gauge);
}
