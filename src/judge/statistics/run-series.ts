/** What happened second by second: load, latencies, resources. Values of seconds without any are left out. */
import type { HistoryRecord, QueryRecord, ResourceRecord, RouteRecord } from "../history/records.js";
import type { Series } from "../verdict.js";
import { LatencyHistogram } from "./histogram.js";

type Point = Record<string, number>;

/** The history is in order of time, so one histogram per name is open at a time: that of the present second. */
class LatencySeries {
  readonly #name: string;
  readonly #points: { tMs: number; values: Point }[] = [];
  readonly #histogram = new LatencyHistogram();
  #second = 0;

  constructor(name: string) {
    this.#name = name;
  }

  record(second: number, ns: number): void {
    if (second !== this.#second) this.#flush();
    this.#second = second;
    this.#histogram.recordNs(ns);
  }

  series(): Series[] {
    this.#flush();
    return this.#points.length === 0 ? [] : [{ name: this.#name, unit: "ms", points: this.#points }];
  }

  #flush(): void {
    const h = this.#histogram;
    if (h.count === 0) return;
    const values = { p50: h.percentileMs(50), p99: h.percentileMs(99), max: h.maxMs() };
    this.#points.push({ tMs: this.#second * 1000, values });
    h.reset();
  }
}

export class RunSeries {
  readonly #startAt: number;
  readonly #load = new Map<number, Point>();
  readonly #resources = new Map<string, Map<number, Point>>();
  readonly #cpuBefore = new Map<string, ResourceRecord>();
  readonly #query = new LatencySeries("query latency");
  readonly #route = new LatencySeries("routing decision latency");
  readonly #served = new LatencySeries("request latency");

  constructor(startAt: number) {
    this.#startAt = startAt;
  }

  note(record: HistoryRecord): void {
    if (record.k === "query") this.#noteQuery(record);
    else if (record.k === "route") this.#noteRoute(record);
    else if (record.k === "ledger") this.#add(record.at, "batches");
    else if (record.k === "resource") this.#noteResource(record);
  }

  series(): Series[] {
    const points = (map: Map<number, Point>): Series["points"] =>
      [...map].sort(([a], [b]) => a - b).map(([second, values]) => ({ tMs: second * 1000, values }));
    return [
      { name: "load", unit: "per s", points: points(this.#load) },
      ...[this.#query, this.#route, this.#served].flatMap((latency) => latency.series()),
      ...[...this.#resources].map(([process, map]) => ({ name: `resources: ${process}`, unit: "MiB, %", points: points(map) })),
    ];
  }

  #noteQuery(query: QueryRecord): void {
    this.#add(query.at, "queries");
    if (query.error === undefined) this.#query.record(this.#second(query.at), query.ret - query.inv);
    else this.#add(query.at, "failed");
  }

  #noteRoute(route: RouteRecord): void {
    if (route.dry) {
      this.#add(route.at, "decisions");
      this.#route.record(this.#second(route.at), route.ret - route.inv);
      return;
    }
    this.#add(route.due, "offered");
    if (route.error === undefined) this.#add(route.at, "served");
    else this.#add(route.at, "failed");
    this.#served.record(this.#second(route.at), route.ret - route.due);
  }

  #noteResource(sample: ResourceRecord): void {
    let points = this.#resources.get(sample.process);
    if (points === undefined) this.#resources.set(sample.process, (points = new Map<number, Point>()));
    const point: Point = { rss_mib: Math.round(sample.rssBytes / 2 ** 20) };
    const before = this.#cpuBefore.get(sample.process);
    if (before !== undefined && sample.at > before.at && sample.cpuSeconds >= before.cpuSeconds) {
      point.cpu_percent = Math.round(((sample.cpuSeconds - before.cpuSeconds) * 1e11) / (sample.at - before.at));
    }
    if (sample.heapBytes !== undefined) point.heap_mib = Math.round(sample.heapBytes / 2 ** 20);
    if (sample.eventLoopP99Ms !== undefined) point.event_loop_p99_ms = sample.eventLoopP99Ms;
    this.#cpuBefore.set(sample.process, sample);
    points.set(this.#second(sample.at), point);
  }

  #add(at: number, name: string): void {
    const second = this.#second(at);
    const point = this.#load.get(second) ?? {};
    point[name] = (point[name] ?? 0) + 1;
    this.#load.set(second, point);
  }

  #second(at: number): number {
    return Math.max(0, Math.floor((at - this.#startAt) / 1e9));
  }
}
