/** What users got while something was broken, against before and after: counted from requests, questions and stream states. */
import type { HistoryRecord, QueryRecord, RouteRecord } from "../history/records.js";
import type { Degradation, Distribution } from "../verdict.js";
import { type FaultWindows, type Part, PARTS } from "./fault-windows.js";
import { LatencyHistogram } from "./histogram.js";
import { SHARES, type ShareName } from "./measures.js";

class PartCounts {
  requests = 0;
  served = 0;
  cachedTokens = 0;
  promptTokens = 0;
  queries = 0;
  answered = 0;
  looks = 0;
  live = 0;
  readonly servedMs = new LatencyHistogram();
  readonly queryMs = new LatencyHistogram();
}

/** Follows the records after {@link FaultWindows} has seen them. */
export class Degrading {
  readonly #windows: FaultWindows;
  readonly #parts: Readonly<Record<Part, PartCounts>> = {
    steady: new PartCounts(),
    fault: new PartCounts(),
    heal: new PartCounts(),
  };

  constructor(windows: FaultWindows) {
    this.#windows = windows;
  }

  note(record: HistoryRecord): void {
    if (record.k === "route" && !record.dry) this.#request(record);
    else if (record.k === "query") this.#query(record);
    else if (record.k === "stream") {
      const counts = this.#at(record.at);
      if (counts === null) return;
      counts.looks++;
      if (record.state === "live") counts.live++;
    }
  }

  /** Empty when the run had no fault. */
  result(endAt: number): Degradation[] {
    if (!this.#windows.any) return [];
    const durations = this.#windows.durations(endAt);
    return PARTS.map((part) => {
      const counts = this.#parts[part];
      return {
        part,
        durationMs: Math.round(durations[part] / 1e3) / 1e3,
        requests: counts.requests,
        servedShare: share(counts.served, counts.requests),
        hitRate: share(counts.cachedTokens, counts.promptTokens),
        servedMs: distribution(`served_ms_${part}`, counts.servedMs),
        queries: counts.queries,
        answeredShare: share(counts.answered, counts.queries),
        queryMs: distribution(`query_ms_${part}`, counts.queryMs),
        liveShare: share(counts.live, counts.looks),
      };
    });
  }

  #request(route: RouteRecord): void {
    const counts = this.#at(route.due);
    if (counts === null) return;
    counts.requests++;
    const { status = 0 } = route;
    if (route.error !== undefined || status < 200 || status >= 300) return;
    counts.served++;
    counts.servedMs.recordNs(route.ret - route.due);
    if (route.promptTokens === undefined || route.cachedTokens === undefined) return;
    counts.promptTokens += route.promptTokens;
    counts.cachedTokens += route.cachedTokens;
  }

  #query(query: QueryRecord): void {
    const counts = this.#at(query.inv);
    if (counts === null) return;
    counts.queries++;
    if (query.answer === undefined) return;
    counts.answered++;
    counts.queryMs.recordNs(query.ret - query.inv);
  }

  #at(at: number): PartCounts | null {
    const part = this.#windows.partAt(at);
    return part === null ? null : this.#parts[part];
  }
}

/** The shares by the names that thresholds use; those without anything to measure are left out. */
export function sharesOf(degradation: readonly Degradation[]): Partial<Record<ShareName, number>> {
  const shares: Partial<Record<ShareName, number>> = {};
  for (const { part, ...of } of degradation) {
    const values = {
      served_share: of.servedShare,
      hit_rate: of.hitRate,
      answered_share: of.answeredShare,
      live_share: of.liveShare,
    };
    for (const [name, value] of Object.entries(values)) {
      const measure = `${name}_${part}`;
      if (value !== null && isShare(measure)) shares[measure] = value;
    }
  }
  return shares;
}

function isShare(name: string): name is ShareName {
  return name in SHARES;
}

/** Latencies of the parts, as distributions that thresholds can name. */
export function partDistributions(degradation: readonly Degradation[]): Distribution[] {
  return degradation.flatMap(({ servedMs, queryMs }) => [servedMs, queryMs].filter((d) => d !== null));
}

function distribution(measure: string, histogram: LatencyHistogram): Distribution | null {
  return histogram.count === 0 ? null : histogram.distribution(measure);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1e6) / 1e6;
}
