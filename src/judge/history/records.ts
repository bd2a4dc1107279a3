/**
 * The recorded facts of a run: one NDJSON record per line in `history.ndjson.gz`, in the order of `at`. The judge reads
 * nothing else. Times are host-monotonic nanoseconds (base/clock.ts). Schema version: HISTORY_VERSION in the first record.
 */
import type { BlockIdentity } from "../../base/block-identity.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { AppliedRecord, LoadRecord } from "./load-records.js";

export const HISTORY_VERSION = 1;

/** What the system under test says it can do; what it does not claim is not asked of it ("not applicable"). */
export interface SutCapabilities {
  readonly match: boolean;
  readonly route: boolean;
  readonly dump: boolean;
  /** Reports per-stream positions (M1, M2 from inside). */
  readonly streams: boolean;
  readonly metrics: boolean;
  readonly replay: boolean;
  readonly lora: boolean;
  readonly salt: boolean;
  /** Keeps memory tiers apart (a block removed from GPU but still on CPU stays a match). */
  readonly tiers: boolean;
  /** Serves OpenAI requests itself, so that routing can be observed at the engines. */
  readonly proxy: boolean;
  /** Declared lease after which an unreachable engine's entries stop counting; null = none. */
  readonly lease_ms: number | null;
}

/** Bounds within which the properties must hold. All nanoseconds. */
export interface Bounds {
  /** Δ: how late an answer may be. */
  readonly stalenessNs: number;
  /** ρ: time to converge after the last disturbance. */
  readonly recoveryNs: number;
  /** δ_gap: time in which a gap must be replayed or the stream marked. */
  readonly gapNs: number;
  /** Δ_restart and time in which a removed engine's entries must be gone. */
  readonly departureNs: number;
  /** How long after an adapter was loaded, unloaded or replaced its queries are not judged for freshness. */
  readonly adapterNs: number;
  /** How long a stream from which nothing can be heard may be called live; absent in older histories. */
  readonly silenceNs?: number;
}

export interface RunRecord {
  readonly k: "run";
  readonly at: number;
  readonly version: typeof HISTORY_VERSION;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly lab: string;
  readonly sut: { readonly name: string; readonly version: string; readonly capabilities: SutCapabilities };
  readonly bounds: Bounds;
  /** Block size of each model of the fleet. */
  readonly models: Readonly<Record<string, { readonly blockSize: number }>>;
  /** The SUT's declared policy: ties among engines with the longest match of at least this many blocks are free. */
  readonly policy: { readonly minMatchBlocks: number };
  /** Property id → fewest opportunities for the run to prove anything about it. */
  readonly opportunities: Readonly<Record<string, number>>;
  /** Threshold expressions by measure, e.g. {"visibility_ms": ["p99 < 50"]}. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Extra checks the scenario asks for (ids of judge/properties with kind "scenario"). */
  readonly checks: readonly string[];
  /** Names of things that must have happened ("mark" records); absent ones make V1 unknown. */
  readonly requiredMarks: readonly string[];
  /** Every n-th batch of a stream is traced by the system under test itself; absent = none. */
  readonly traced?: number;
  /** How long the system under test took from being told to start to answering. */
  readonly gatewayStartMs?: number;
  /** false: a control run, in which the system under test gets no events; what follows from events is not asked of it. */
  readonly events?: boolean;
}

export interface PhaseRecord {
  readonly k: "phase";
  readonly at: number;
  readonly name: "warmup" | "steady" | "fault" | "heal" | "converge" | "drain" | "end";
}

/** Life of an engine pod. `ready` = answers /health; `down` = its process is gone (clean or not). */
export interface EngineRecord {
  readonly k: "engine";
  readonly at: number;
  readonly engine: string;
  readonly model: string;
  readonly epoch: number;
  readonly event: "starting" | "ready" | "stopping" | "killed" | "down" | "frozen" | "thawed";
  readonly address?: string;
  readonly ranks?: number;
  /** KV-cache groups (hybrid models); a block counts as held when every group holds it, in any medium. Default 1. */
  readonly groups?: number;
  /** Offers a replay endpoint. Default true. What was lost without one is not asked for. */
  readonly replay?: boolean;
  /** Batches its replay buffer keeps; older history is not asked for. Default: all. */
  readonly replayBatches?: number;
  /** Publishes events. Default true. */
  readonly events?: boolean;
  /** What runs: kvproof's double (default), or a real vLLM, whose ledger is what a tap heard. */
  readonly kind?: "double" | "vllm";
  /** The process ended although nobody asked it to. */
  readonly unexpected?: boolean;
}

/**
 * The system under test was told of an engine (`added`: call returned) or told to forget it (`leaving`: from now on it may;
 * `removed`: call returned).
 */
export interface MemberRecord {
  readonly k: "member";
  readonly at: number;
  readonly engine: string;
  readonly event: "added" | "leaving" | "removed";
  readonly startedAt: number;
}

/** An adapter was loaded, unloaded or replaced on an engine. `adapter` is `name@version`. */
export interface AdapterRecord {
  readonly k: "adapter";
  readonly at: number;
  readonly engine: string;
  readonly adapter: string;
  readonly event: "loaded" | "unloaded";
}

export interface LedgerEntry extends LedgerRecord {
  readonly k: "ledger";
  /** = at_ns. */
  readonly at: number;
}

/**
 * A prompt, once, before its first use: the identities of its full blocks. With `base`, its chain is the base's first
 * `sharedBlocks` identities followed by `chain`.
 */
export interface PromptRecord {
  readonly k: "prompt";
  readonly at: number;
  readonly id: string;
  readonly model: string;
  readonly adapter: string | null;
  readonly salt: string | null;
  readonly tokens: number;
  /** Shares its first `sharedBlocks` identities with an earlier prompt, to keep the file small. */
  readonly base?: { readonly prompt: string; readonly sharedBlocks: number };
  readonly chain: readonly BlockIdentity[];
}

/**
 * Why a question was asked. `sample` = of workload prompts; `visibility`/`invalidation` = polled until a store/removal of
 * `target` shows; `suffix` = tail of a cached prompt, which nothing may match (S4); `cross` = same tokens under another model,
 * adapter or salt than they are cached under (I1), `twin` = the cached prompt's id; `converge` = the final comparison (C1).
 */
export type ProbeKind = "sample" | "visibility" | "invalidation" | "suffix" | "cross" | "converge";

export interface QueryRecord {
  readonly k: "query";
  /** = ret. */
  readonly at: number;
  readonly inv: number;
  readonly ret: number;
  readonly prompt: string;
  readonly probe: ProbeKind;
  readonly target?: string;
  readonly twin?: string;
  /** Leading full blocks claimed per engine; engines left out = 0. Absent when `error` is set. */
  readonly answer?: Readonly<Record<string, number>>;
  readonly error?: string;
}

/** A routing decision: a dry run (`dry`) or a request that an engine served. */
export interface RouteRecord {
  readonly k: "route";
  /** = ret (dry run: answer; request: last byte). */
  readonly at: number;
  readonly inv: number;
  /** When the choice was known: answer of the dry run, or first byte of the response. */
  readonly chosenAt: number;
  readonly ret: number;
  /** When the open-loop schedule wanted it sent; latencies count from here. = inv for probes. */
  readonly due: number;
  readonly prompt: string;
  readonly dry: boolean;
  /** The answer waited for a decision to come: its time says when that was, not how long deciding takes. */
  readonly awaited?: boolean;
  /** Engine that was chosen (dry run) or that served the request. */
  readonly engine?: string;
  /**
   * "runner": the system under test does not route, so the runner chose (by its match answers, else by load), and routing is
   * not judged. Absent: the system under test chose, dry or behind its own front.
   */
  readonly chosenBy?: "sut" | "runner";
  /** When the choice was made: by the runner where it sent the request itself; of a dry run by the router's own account. */
  readonly decidedAt?: number;
  /** Blocks that the router says the chosen engine held. */
  readonly claimedBlocks?: number;
  /** Prompt tokens that the engine took from its cache (usage.prompt_tokens_details.cached_tokens). */
  readonly cachedTokens?: number;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly status?: number;
  readonly error?: string;
  /** Requests in flight per engine when it was sent, as far as the lab knows; all other engines 0. */
  readonly loads?: Readonly<Record<string, number>>;
  /** Names a group of sends of one prompt that a scenario check looks at ("follow:17", "flip:3", "control:4"). */
  readonly tag?: string;
}

/** The SUT's own account of one stream, sampled. */
export interface StreamRecord {
  readonly k: "stream";
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  /** cold | catching-up | live | gapped | stale | partial (gateway/session). */
  readonly state: string;
  /** Highest sequence number applied in the present life of the stream; -1 = none. */
  readonly lastSeq: number;
  /** Lives of the publisher noticed so far. */
  readonly lives: number;
  readonly appliedBatches: number;
  readonly duplicateBatches: number;
  readonly gaps: number;
  readonly missingBatches: number;
  readonly replayedBatches: number;
  readonly purges: number;
}

/** Totals of the SUT's index, sampled (B1, C1). */
export interface DumpRecord {
  readonly k: "dump";
  readonly at: number;
  /** Distinct resident blocks per engine. */
  readonly engines: Readonly<Record<string, number>>;
  readonly totalBlocks: number;
  /** Declared cap; null = none. */
  readonly capBlocks: number | null;
  /** Entries of side tables (parked orphans, hash tables...), 0 when empty. */
  readonly sideEntries: number;
}

/** Per-stream counters of the SUT, in the judge's words (O1): received = applied + duplicate + rejected + dropped. */
export interface CounterRecord {
  readonly k: "counters";
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly dropped: number;
}

/** Process samples, about 1 per second. */
export interface ResourceRecord {
  readonly k: "resource";
  readonly at: number;
  readonly process: string;
  readonly kind: "engine" | "gateway" | "runner" | "relay";
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  /** Since it started: how long its main thread was ready to run and had no CPU, where the system tells. */
  readonly cpuWaitSeconds?: number;
  readonly heapBytes?: number;
  readonly eventLoopP99Ms?: number;
  /** Of a system under test that tells: its index, and bytes of event messages that it received so far. */
  readonly indexBytes?: number;
  readonly indexBlocks?: number;
  readonly eventBytes?: number;
  /** Of the runner: what all processors of the machine spent since it booted, waiting excluded. */
  readonly machineCpuSeconds?: number;
}

export interface FaultRecord {
  readonly k: "fault";
  readonly at: number;
  readonly id: string;
  readonly fault: string;
  readonly targets: readonly string[];
  readonly event: "injected" | "effective" | "recovering" | "recovered" | "failed";
  readonly evidence?: string;
  /** Of "injected": why a right consumer may have nothing to say about it in its log, or in its metrics. */
  readonly quiet?: Quiet;
}

/** Reasons, for people; one that is absent means that something must be said. */
export interface Quiet {
  readonly log?: string;
  readonly metric?: string;
}

/** A line of the system under test's own log, from around a fault. */
export interface LogRecord {
  readonly k: "log";
  readonly at: number;
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** That the line names in a field of its own. */
  readonly engine?: string;
  /** How often it had been left unsaid before, by the system itself. */
  readonly suppressed?: number;
}

/** A metric of the system under test that changed between two looks, from around a fault. */
export interface MetricRecord {
  readonly k: "metric";
  readonly at: number;
  /** Name with the labels that tell it apart, engine excepted: `gaps_total`, `stream_state{state="live"}`. */
  readonly metric: string;
  readonly engine?: string;
  readonly from: number;
  readonly to: number;
}

/** Name of the marks about the life of the system under test itself; detail "ready" = a new life answers, and has forgotten everything. */
export const SUT_LIFE_MARK = "gateway";

/** Name of the marks about what the runner itself reaches pods through; unasked = all that it asks went that way, and did not arrive. */
export const OWN_ROAD_MARK = "api-server";

/** A named thing happened (scenario steps, readiness, a log line worth keeping). */
export interface MarkRecord {
  readonly k: "mark";
  readonly at: number;
  readonly name: string;
  readonly detail?: string;
  /** Something that nobody in the run did or asked for: outside of faults the run then proves nothing about what came after. */
  readonly unasked?: boolean;
}

/** How punctual the load generator was, per phase. */
export interface GeneratorRecord {
  readonly k: "generator";
  readonly at: number;
  readonly phase: string;
  readonly offered: number;
  readonly sent: number;
  readonly latenessP99Ms: number;
}

/** The system under test was started again: its accounts begin anew. */
export function sutBeganAnew({ name, detail }: MarkRecord): boolean {
  return name === SUT_LIFE_MARK && detail === "ready";
}

/**
 * A batch that left its engine whole and that no consumer can read, live or replayed: lost for good on the way. The ledger does
 * not know; merging marks its entry of this number (`wire`), which is what the judge goes by.
 */
export interface WireRecord {
  readonly k: "wire";
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  readonly epoch: number;
  readonly seq: number;
  readonly what: "burnt" | "garbled";
}

/**
 * The truth about one stream is not whole: its engine keeps no ledger, a tap listened in instead, and this is what it missed or
 * could not read. What is found on a truth that is broken is unknown.
 */
export interface TruthGapRecord {
  readonly k: "truth-gap";
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  readonly epoch: number;
  /** For people: "batches 5 to 7 never came (replays did not bring them)". */
  readonly problem: string;
}

export type HistoryRecord =
  | RunRecord
  | PhaseRecord
  | EngineRecord
  | MemberRecord
  | AdapterRecord
  | LedgerEntry
  | PromptRecord
  | QueryRecord
  | RouteRecord
  | StreamRecord
  | DumpRecord
  | CounterRecord
  | AppliedRecord
  | LoadRecord
  | ResourceRecord
  | FaultRecord
  | MarkRecord
  | GeneratorRecord
  | WireRecord
  | TruthGapRecord
  | LogRecord
  | MetricRecord;
