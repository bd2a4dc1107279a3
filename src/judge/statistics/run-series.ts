/** What happened second by second: load, latencies, resources. Values of seconds without any are left out. */
import type { HistoryRecord, QueryRecord, ResourceRecord, RouteRecord } from "../history/records.js";
import type { Series } from "../verdict.js";
import { LatencyHistogram } from "./histogram.js";

type Point = Record<string, number>;

const RESOURCES = { "resident memory": "MiB", CPU: "% of a core", heap: "MiB", "event loop delay p99": "ms" } as const;

function seriesOf(name: string, unit: string, points: ReadonlyMap<number, Point>): Series[] {
  if (points.size === 0) return [];
  const ordered = [...points].sort(([a], [b]) => a - b);
  return [{ name, unit, points: ordered.map(([second, values]) => ({ tMs: second * 1000, values })) }];
}

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
  readonly #requests = new Map<number, Point>();
  readonly #activity = new Map<number, Point>();
  /** Memory, CPU and so on: one line per process. */
  readonly #resources = new Map<keyof typeof RESOURCES, Map<number, Point>>();
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
    else if (record.k === "ledger") this.#add(this.#activity, record.at, "batches");
    else if (record.k === "resource") this.#noteResource(record);
  }

  series(): Series[] {
    return [
      ...seriesOf("requests", "per s", this.#requests),
      ...seriesOf("activity", "per s", this.#activity),
      ...[this.#query, this.#route, this.#served].flatMap((latency) => latency.series()),
      ...[...this.#resources].flatMap(([name, points]) => seriesOf(name, RESOURCES[name], points)),
    ];
  }

  #noteQuery(query: QueryRecord): void {
    this.#add(this.#activity, query.at, query.error === undefined ? "queries" : "failed queries");
    if (query.error === undefined) this.#query.record(this.#second(query.at), query.ret - query.inv);
  }

  #noteRoute(route: RouteRecord): void {
    if (route.awaited === true) return;
    if (route.dry) {
      this.#add(this.#activity, route.at, "decisions");
      this.#route.record(this.#second(route.at), route.ret - route.inv);
      return;
    }
    this.#add(this.#requests, route.due, "offered");
    this.#add(this.#requests, route.at, route.error === undefined ? "served" : "failed");
    this.#served.record(this.#second(route.at), route.ret - route.due);
  }

  #noteResource(sample: ResourceRecord): void {
    this.#resource("resident memory", sample, Math.round(sample.rssBytes / 2 ** 20));
    if (sample.heapBytes !== undefined) this.#resource("heap", sample, Math.round(sample.heapBytes / 2 ** 20));
    if (sample.eventLoopP99Ms !== undefined) this.#resource("event loop delay p99", sample, sample.eventLoopP99Ms);
    const before = this.#cpuBefore.get(sample.process);
    this.#cpuBefore.set(sample.process, sample);
    if (before === undefined || sample.at <= before.at || sample.cpuSeconds < before.cpuSeconds) return;
    const share = ((sample.cpuSeconds - before.cpuSeconds) * 1e9) / (sample.at - before.at);
    this.#resource("CPU", sample, Math.round(share * 100));
  }

  #resource(name: keyof typeof RESOURCES, sample: ResourceRecord, value: number): void {
    let points = this.#resources.get(name);
    if (points === undefined) this.#resources.set(name, (points = new Map<number, Point>()));
    const second = this.#second(sample.at);
    points.set(second, { ...points.get(second), [sample.process]: value });
  }

  #add(map: Map<number, Point>, at: number, name: string): void {
    const second = this.#second(at);
    const point = map.get(second) ?? {};
    point[name] = (point[name] ?? 0) + 1;
    map.set(second, point);
  }

  #second(at: number): number {
    return Math.max(0, Math.floor((at - this.#startAt) / 1e9));
  }
}
