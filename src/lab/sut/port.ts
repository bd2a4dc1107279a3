/** The system under test, whatever it is: our gateway, an HTTP indexer, or any program behind the stdio driver protocol. */
import type { ProfileKind } from "../../base/profile/v8-profile.js";
import type { AppliedRecord } from "../../judge/history/load-records.js";
import type { CounterRecord, DumpRecord, StreamRecord, SutCapabilities } from "../../judge/history/records.js";
import type { EngineEndpoints, GatewayHandle } from "../ports.js";

/** `engine.add` of the driver protocol (version 1). */
export interface EngineRegistration {
  readonly engine: string;
  readonly model: string;
  readonly block_size: number;
  readonly dialect: string;
  readonly topic: string;
  readonly http: string;
  readonly ranks: EngineEndpoints["ranks"];
  /** Identity of this life of the engine (pod UID + restart count); a consumer may fence by it. */
  readonly uid: string;
}

export interface MatchQuery {
  readonly model: string;
  readonly lora: string | null;
  readonly salt: string | null;
  readonly tokens: readonly number[];
}

export interface RouteAnswer {
  readonly engine: string;
  readonly matchedBlocks?: number;
  /** When it decided, by its own account, on the monotonic clock of the machine that it shares with the runner. */
  readonly decidedNs?: number;
}

export interface AwaitedChoice {
  readonly engine: string;
  readonly matchedBlocks: number;
  readonly waitMs: number;
}

export interface SystemUnderTest {
  readonly name: string;
  readonly version: string;
  readonly capabilities: SutCapabilities;
  /** Shortest prefix, in blocks, that its router prefers over load; where it says so only once it runs. */
  readonly minMatchBlocks?: number;
  /** Base URL of an OpenAI-compatible front, when capabilities.proxy. */
  readonly openaiUrl: string | null;
  addEngine(engine: EngineRegistration): Promise<void>;
  removeEngine(engine: string): Promise<void>;
  /** Leading full blocks held per engine; engines left out hold none. */
  match(query: MatchQuery): Promise<Record<string, number>>;
  route(query: MatchQuery, loads: Readonly<Record<string, number>>): Promise<RouteAnswer>;
  /**
   * As {@link route}, but the answer comes when the choice is `until`, or after its `waitMs`. Absent = it can only be asked again and
   * again.
   */
  routeUntil?(query: MatchQuery, loads: Readonly<Record<string, number>>, until: AwaitedChoice): Promise<RouteAnswer>;
  dump(): Promise<Omit<DumpRecord, "k" | "at">>;
  streams(): Promise<readonly Omit<StreamRecord, "k" | "at">[]>;
  counters(): Promise<readonly Omit<CounterRecord, "k" | "at">[]>;
  /**
   * Its metrics that tell when something is wrong, as they stand. Absent = it has none that the driver knows, and is not asked
   * whether faults can be seen from outside (check fault-is-told).
   */
  signals?(): Promise<readonly Signal[]>;
  /**
   * When it received and applied batches, since the last call; absent, or empty, when it does not say (only our gateway, when
   * started to trace).
   */
  applied?(): Promise<readonly Omit<AppliedRecord, "k" | "at">[]>;
  /** Profiles its own process; absent where it cannot. */
  profile?(control: ProfileControl): Promise<unknown>;
  /** Writes everything on its heap to a file; absent where it cannot. */
  heapSnapshot?(file: string): Promise<void>;
  /** What it says of its own process; empty when it says nothing. */
  vitals(): Promise<SutVitals>;
  /**
   * Lets go of connections, or asks the process to end, as its protocol says; what does not follow, the lab ends. Rejects when
   * it does not end as it should.
   */
  stop(): Promise<void>;
  /** Lets go of a process that is about to be ended, without a word to it; default: as {@link stop}. */
  letGo?(): Promise<void>;
}

export type ProfileControl =
  | { readonly action: "start"; readonly kinds: readonly ProfileKind[] }
  | { readonly action: "stop" };

/** One of them. `metric`: its name with the labels that tell it apart, engine and rank excepted. */
export interface Signal {
  readonly metric: string;
  readonly engine?: string;
  readonly rank?: string;
  readonly value: number;
}

export interface SutVitals {
  readonly heapBytes?: number;
  readonly eventLoopP99Ms?: number;
  readonly indexBytes?: number;
  readonly indexBlocks?: number;
  /** Bytes of event messages received so far. */
  readonly eventBytes?: number;
}

/** Connects to a system under test once the lab has started it. */
export interface SutDriver {
  readonly name: string;
  /** Shortest prefix, in blocks, that its router prefers over load. */
  readonly minMatchBlocks: number;
  /** `seed` of the run, for systems that draw by it. */
  connect(gateway: GatewayHandle, seed?: number): Promise<SystemUnderTest>;
}
