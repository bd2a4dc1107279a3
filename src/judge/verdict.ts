/** What the judge says. Severity: fail > unknown > pass; "not-applicable" never counts against a run. */
export type Verdict = "pass" | "fail" | "unknown" | "not-applicable";

/** A counter-example a person can follow without the code. */
export interface Violation {
  readonly at: number;
  readonly engine?: string;
  /** One sentence: who claimed what, when, and what was true. */
  readonly summary: string;
  /** No delay of news can explain it. */
  readonly timeless?: true;
  readonly proof: Readonly<Record<string, unknown>>;
}

export interface PropertyResult {
  readonly id: string;
  readonly title: string;
  readonly kind: "always" | "eventually" | "slo" | "count" | "scenario" | "meta";
  readonly statement: string;
  readonly verdict: Verdict;
  /** How often the property could have been violated. 0 = nothing was proven. */
  readonly opportunities: number;
  readonly required: number;
  /** All violations counted; at most MAX_PROOFS kept. */
  readonly violationCount: number;
  readonly violations: readonly Violation[];
  /** Why unknown or not applicable; the stack when the checker threw. */
  readonly reason?: string;
  readonly measured?: Readonly<Record<string, number | string>>;
}

export const MAX_PROOFS = 8;

export interface ThresholdResult {
  readonly measure: string;
  readonly expression: string;
  readonly measured: number | null;
  /** "not-applicable": on something that the system under test does not do. */
  readonly verdict: Verdict;
}

/** Distribution of one measure; `hdr` is HdrHistogram V2 compressed base64 (microseconds unless the name has a unit). */
export interface Distribution {
  readonly measure: string;
  readonly unit: "ms";
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly hdr: string;
}

/** Values over time: one point per bucket of the run. `tMs` counts from the run's first record. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly tMs: number; readonly values: Readonly<Record<string, number>> }[];
}

/** Wrong answers per engine over time: blocks claimed too much (extra) and too little (missing). */
export interface Divergence {
  readonly bucketMs: number;
  readonly engines: readonly string[];
  readonly cells: readonly {
    readonly engine: number;
    readonly bucket: number;
    readonly extra: number;
    readonly missing: number;
  }[];
}

export interface TimelineItem {
  readonly tMs: number;
  /** End for intervals (phases, lives, faults); absent for instants. */
  readonly endMs?: number;
  readonly lane: string;
  readonly kind: "phase" | "engine" | "member" | "fault" | "gap" | "replay" | "mark" | "adapter";
  readonly label: string;
}

/** One fault as it was, not as it was asked for. Milliseconds of the run; null = did not happen or was not seen. */
export interface FaultWindow {
  readonly id: string;
  readonly fault: string;
  readonly targets: readonly string[];
  readonly injectedMs: number;
  /** First evidence that it bit, and that evidence. */
  readonly effectiveMs: number | null;
  readonly effect: string | null;
  readonly recoveringMs: number | null;
  /** Evidence that nothing of it is left. */
  readonly recoveredMs: number | null;
  readonly recovery: string | null;
  /** Why it could not be injected or taken back. */
  readonly failure: string | null;
  /** From its recovery to the moment from which on no answer was wrong, until something else broke. */
  readonly exactAfterMs: number | null;
  /** What the system under test logged from its injection until ρ after its recovery; alike lines once. */
  readonly said: readonly SaidLine[];
  /** Its metrics that changed meanwhile. */
  readonly moved: readonly MovedMetric[];
}

export interface SaidLine {
  /** Of the first of these lines. */
  readonly tMs: number;
  readonly level: string;
  readonly engine: string | null;
  readonly message: string;
  readonly times: number;
}

export interface MovedMetric {
  readonly metric: string;
  readonly engine: string | null;
  /** Before the first change and after the last. */
  readonly from: number;
  readonly to: number;
  readonly changes: number;
}

/** What users got before, during and after all faults of a run. Shares are 0 to 1; null where nothing was there to measure. */
export interface Degradation {
  readonly part: "steady" | "fault" | "heal";
  readonly durationMs: number;
  /** Requests that were due in this part, and the share of them that was answered 2xx. */
  readonly requests: number;
  readonly servedShare: number | null;
  /** Prompt tokens of served requests that the engine took from its cache. */
  readonly hitRate: number | null;
  readonly servedMs: Distribution | null;
  readonly queries: number;
  readonly answeredShare: number | null;
  readonly queryMs: Distribution | null;
  /** Of all looks at a stream, those in which the system under test called it live. */
  readonly liveShare: number | null;
}

/** One step of a load that engines made themselves. Batches; latencies of the batches of this step, null when not traced. */
export interface LoadStep {
  /** Over all engines. */
  readonly offeredPerS: number;
  readonly sentPerS: number;
  readonly offered: number;
  readonly sent: number;
  readonly lastedMs: number;
  readonly latenessP50Ms: number;
  readonly latenessP99Ms: number;
  readonly latenessMaxMs: number;
  /** From the end of the step until everything sent had been applied; null = not within the recovery bound. */
  readonly drainMs: number | null;
  /** CPU of the system under test during the step, all that it did then; null = nobody could tell. */
  readonly cpuUsPerBatch: number | null;
  /** What did not keep up; null = everything did. */
  readonly limit: "generator" | "system under test" | null;
  readonly receiveToApplyP99Ms: number | null;
  readonly emitToApplyP99Ms: number | null;
}

/** Everything the judge derives from one history; `properties.json` of the run directory. */
export interface JudgeReport {
  /** 2 added `faults` and `degradation`, 3 `figures` and `load`. */
  readonly schemaVersion: 3;
  readonly verdict: "pass" | "fail" | "unknown";
  /** 0 pass, 1 violated, 2 inconclusive, 3 threshold missed. */
  readonly exitCode: 0 | 1 | 2 | 3;
  /** One line: the verdict and what decided it, naming engines. */
  readonly headline: string;
  readonly properties: readonly PropertyResult[];
  readonly thresholds: readonly ThresholdResult[];
  readonly distributions: readonly Distribution[];
  readonly series: readonly Series[];
  readonly divergence: Divergence;
  readonly timeline: readonly TimelineItem[];
  readonly faults: readonly FaultWindow[];
  /** Before, during, after; empty without faults. */
  readonly degradation: readonly Degradation[];
  /** By name (statistics/figures.ts); absent where nothing was there to measure. */
  readonly figures: Readonly<Record<string, number>>;
  /** Steps of a load that engines made themselves; empty without one. */
  readonly load: readonly LoadStep[];
  readonly counts: {
    readonly records: number;
    readonly engines: number;
    readonly queries: number;
    readonly requests: number;
    readonly batches: number;
    readonly blockOperations: number;
  };
  readonly durationMs: number;
}
