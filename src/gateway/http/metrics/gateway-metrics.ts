/** The `/metrics` page: everything of one scrape is read at one moment, before the page is put together. */
import { collectDefaultMetrics, Counter, Registry } from "prom-client";
import { cpuWaitSeconds } from "../../../base/cpu-wait.js";
import { type FleetReading, registerFleetMetrics } from "./fleet-metrics.js";
import { RequestMetrics } from "./request-metrics.js";
import { registerStreamMetrics, type StreamReading } from "./stream-metrics.js";

export interface MetricSources {
  readonly streams: () => StreamReading[];
  readonly fleet: () => FleetReading;
  readonly nowNs: () => number;
}

export class GatewayMetrics {
  readonly registry = new Registry();
  readonly requests = new RequestMetrics(this.registry);
  #streams: readonly StreamReading[] = [];
  #fleet: FleetReading | null = null;
  #sources: MetricSources | null = null;
  #scrape: Promise<string> | null = null;

  readonly contentType = this.registry.contentType;

  /** Sources are known once the fleet stands, and the fleet counts from its first moment: hence the two steps. */
  observe(sources: MetricSources): void {
    this.#sources = sources;
    collectDefaultMetrics({ register: this.registry });
    registerCpuWait(this.registry);
    registerStreamMetrics(this.registry, () => this.#streams, sources.nowNs);
    registerFleetMetrics(this.registry, () => this.#fleet ?? sources.fleet());
  }

  /** Scrapes that overlap get the same page. */
  page(): Promise<string> {
    this.#scrape ??= this.#render().finally(() => {
      this.#scrape = null;
    });
    return this.#scrape;
  }

  #render(): Promise<string> {
    this.#streams = this.#sources?.streams() ?? [];
    this.#fleet = this.#sources?.fleet() ?? null;
    return this.registry.metrics();
  }
}

/** Beside prom-client's own process metrics; absent where the kernel does not count it. */
function registerCpuWait(registry: Registry): void {
  if (cpuWaitSeconds("self") === null) return;
  const waited = new Counter({
    name: "process_cpu_wait_seconds_total",
    help: "Time that the main thread was ready to run and had no CPU.",
    registers: [registry],
    collect() {
      waited.reset();
      waited.inc(cpuWaitSeconds("self") ?? 0);
    },
  });
}
