/** What a place to run must offer. The campaign knows labs by these interfaces only. */
import type { Readable, Writable } from "node:stream";
import type { KvproofError } from "../base/errors.js";
import type { HistoryRecord, ResourceRecord, SutCapabilities } from "../judge/history/records.js";
import type { FaultInjector, InjectorRules } from "./faults/injector.js";
import type { HostPort } from "./host.js";
import type { LinkPort } from "./links.js";
import type { NodePort } from "./nodes.js";

/** One engine of the fleet, as planned. Names are `<model>/<n>`. */
export interface EngineSpec {
  readonly engine: string;
  readonly model: string;
  readonly blocks: number;
  readonly blockSize: number;
  readonly dialect: string;
  readonly hash: "sha256" | "sha256_cbor" | "xxhash" | "xxhash_cbor";
  /** Publishes hashes as integers (vLLM's default) where the dialect leaves the choice; false = raw digests. */
  readonly intHashes: boolean;
  /** Offers a replay port. */
  readonly replay: boolean;
  readonly ranks: number;
  readonly groups: number;
  /** Blocks of a CPU tier behind the GPU pool; 0 = none. */
  readonly cpuBlocks: number;
  readonly adapters: readonly { readonly name: string; readonly path: string }[];
  /** Prompt tokens computed per second and milliseconds per decoded token; 0 = as fast as possible. */
  readonly prefillTokensPerS: number;
  readonly decodeMsPerToken: number;
  readonly maxBatchedTokens: number;
  readonly bufferSteps: number;
  /** Batches that wait for one slow subscriber at most; what exceeds it is lost to that subscriber. 0 = no limit. */
  readonly hwm: number;
  /** Publishes this many blocks of its own the moment its publisher is bound (pod-create-publishing). */
  readonly publishAtStart: number;
  /** So many engines of the lab share a process, so that a large fleet fits; absent = each has its own. */
  readonly perProcess?: number;
  /** Does not publish at all (control runs). */
  readonly events: boolean;
  readonly seed: number;
  /** A real vLLM instead of a double. */
  readonly vllm?: VllmSpec;
  /** Adapters may be loaded while it runs, though it may begin without any. */
  readonly loadsAdapters?: boolean;
}

/** How a real vLLM is started. What is absent is kvproof's own: a tiny model, on the CPU. */
export interface VllmSpec {
  /** In pods. */
  readonly image?: string;
  /** Program and first arguments, in place of `python -m vllm.entrypoints.openai.api_server`. */
  readonly command?: readonly string[];
  /** After those that the lab gives; `--model` among them replaces the tiny model. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Host path → path in the container, in pods. */
  readonly volumes: readonly { readonly host: string; readonly path: string }[];
}

/** Where a running engine is reached. Endpoints are what a consumer dials. */
export interface EngineEndpoints {
  readonly http: string;
  /** Lab control and ledger; null for real engines. */
  readonly lab: string | null;
  readonly ranks: readonly { readonly rank: number; readonly events: string; readonly replay: string | null }[];
  readonly address: string;
}

export interface EngineHandle {
  readonly spec: EngineSpec;
  readonly epoch: number;
  /** What consumers dial: the relay's addresses where there is one. */
  readonly endpoints: EngineEndpoints;
  /** The engine's own, past any relay: what the lab and the campaign use for control and truth. */
  readonly direct: EngineEndpoints;
  /** Topic of its messages, exactly. */
  readonly topic: string;
  /** Identity of this life: pod UID + restart count in Kubernetes, name + start time here. */
  readonly uid: string;
}

export interface GatewaySpec {
  /** false: the gateway gets no events (control run). */
  readonly events: boolean;
  readonly replay: boolean;
  readonly capBlocks?: number;
  /** It finds engines by itself, once the lab has announced them ({@link Lab.membership}); nobody registers any. */
  readonly discover?: boolean;
  readonly minMatchBlocks?: number;
  /** Every n-th batch of a stream is traced by our gateway, so that its latency is measured; absent = none. */
  readonly traceApplied?: number;
  /** It goes before everything else of the lab for a CPU, where the lab may say so. */
  readonly cpuFirst?: boolean;
  /** Replaces the gateway's command line: `[program, ...arguments]`; must speak our gateway's flags and ready line. */
  readonly command?: readonly string[];
  /** Another system under test in the gateway's place; absent = our gateway, or `command`. */
  readonly launch?: SutLaunch;
}

/** How a system under test that is not our gateway comes to be, and how it is spoken to. */
export type SutLaunch = StdioLaunch | HttpLaunch;

/** A program that speaks the driver protocol (docs/testing/other-systems.md) on its standard input and output. */
export interface StdioLaunch {
  readonly kind: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** Longest time for an answer. */
  readonly timeoutMs?: number;
}

/**
 * An indexer that serves HTTP at `url`. With a command the lab starts it; `{address}` and `{port}` in both stand for a free
 * place. Without one it runs already, and is not the lab's to stop, freeze or restart.
 */
export interface HttpLaunch {
  readonly kind: "http";
  readonly url: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly timeoutMs?: number;
  /** Name of its API; absent = found out. */
  readonly api?: string;
  /** What it can do beyond, or against, what its API tells. */
  readonly claims?: Partial<SutCapabilities>;
}

export interface GatewayHandle {
  /** Base URL; "" for one that speaks on its pipes only. */
  readonly url: string;
  readonly adminToken: string;
  readonly logFile: string;
  /** Of `launch.kind` "stdio" only. A restart makes new ones. */
  readonly stdio?: SutPipes;
}

/** Standard input and output of a system under test, and what the lab knows of the process behind them. */
export interface SutPipes {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves with how it ended, such as "exit code 3"; also when the lab ended it. */
  readonly exited: Promise<string>;
  /** The lab itself kept it from answering (froze or ended it) at some time since `atNs`: no answer is no fault of its own. */
  hinderedSince(atNs: number): boolean;
  /** It was told to stop: from now on its end is no surprise. */
  expectExit(): void;
  /** Its last log lines and where the rest is. */
  logTail(): string;
  /** It broke the protocol, or hangs: the run cannot go on. */
  fail(error: KvproofError): void;
}

export type LabCapability =
  | "engine.kill"
  | "engine.freeze"
  | "engine.restart-in-place"
  | "engine.address-change"
  | "engine.address-reuse"
  /** Through an API server, as a descheduler or a drain does it. */
  | "engine.evict"
  | "node.drain"
  | "gateway.restart"
  | "gateway.freeze"
  /** Engines are doubles with a lab port: quirks, clocks and cache control. */
  | "engine.control"
  /** Every engine's ports can be reached through a relay that breaks links and streams. */
  | "links"
  /** Strain on the machine: burners, memory, disk writers. */
  | "host.cpu"
  | "host.memory"
  | "host.disk-stress"
  /** Engines can be put into memory cgroups. */
  | "host.memory-limit"
  /** What processes write can lie on small volumes of their own. */
  | "host.disk-full"
  /** A command of the user's crashes, freezes and cuts off the nodes that pods run on. */
  | "node.command"
  /** Engines can run in a network namespace. */
  | "network.namespaces";

/** A started lab. Every call resolves when its effect was observed; all waits are bounded. */
export interface Lab {
  readonly kind: "local" | "netns" | "kubernetes" | "external";
  readonly capabilities: ReadonlySet<LabCapability>;
  startEngine(
    spec: EngineSpec,
    placement?: { readonly reuseAddressOf?: string; readonly newAddress?: boolean },
  ): Promise<EngineHandle>;
  /**
   * graceful = SIGTERM and drain; kill = SIGKILL. The engine is gone when this resolves. `forGood`: nobody will come back to its
   * place, which a lab with pods then deletes.
   */
  stopEngine(engine: string, how: "graceful" | "kill", forGood?: boolean): Promise<void>;
  /** Same name, address and ports; a new life. `how` ends the old one; `changes` apply to the new one. */
  restartEngine(engine: string, how: "graceful" | "kill", changes?: RestartChanges): Promise<EngineHandle>;
  /** Of a lab with "engine.evict": asks for an orderly end, within disruption budgets; gone for good when it resolves. */
  evictEngine?(engine: string): Promise<void>;
  /** Of a lab with "node.drain": nothing new starts on the node of this engine from now on. */
  cordonNodeOf?(engine: string): Promise<CordonedNode>;
  freezeEngine(engine: string): Promise<void>;
  thawEngine(engine: string): Promise<void>;
  /** The engine's present life may end by itself from now on: that is a fault's doing, not a broken run. */
  expectDeath(engine: string): void;
  engines(): readonly EngineHandle[];
  /**
   * Calls the lab control of an engine: `POST /lab/<path>`, or GET without a body; path "" is `GET /lab`. Of real engines "cache"
   * only, which is done by requests: a store is one, an eviction as many others as it takes.
   */
  control(engine: string, path: string, body?: unknown): Promise<unknown>;
  /** After {@link stopGateway} it comes back at the same address and port, with the same token. */
  startGateway(spec: GatewaySpec): Promise<GatewayHandle>;
  stopGateway(how: "graceful" | "kill"): Promise<void>;
  freezeGateway(): Promise<void>;
  thawGateway(): Promise<void>;
  /** Ledger files of every engine life so far; NDJSON of base/ledger.ts, each in order of `at_ns`. */
  ledgerFiles(): readonly string[];
  /**
   * Told of an adapter just before it is loaded; resolves with where the engine finds its files. Absent: where the scenario says,
   * and nobody needs to be told. Events of a real engine do not name the path that the identity of its blocks follows from.
   */
  prepareAdapter?(engine: string, adapter: { readonly name: string; readonly path: string }): Promise<string>;
  /**
   * The run is over, engines still run: taps that stand for ledgers ask for the end of their streams, and record what they have
   * missed. Absent: engines keep ledgers.
   */
  settleTruth?(): Promise<void>;
  /** Of a lab whose system under test finds engines by itself: who is to be found. Absent = it is told. */
  readonly membership?: { announce(engine: string): Promise<void>; withdraw(engine: string): Promise<void> };
  /** Breaks the links that consumers use; null when the lab was opened without them. */
  readonly links: LinkPort | null;
  /** Strains the machine; null where the lab has no machine of its own. */
  readonly host: HostPort | null;
  /** Breaks the nodes under its pods; absent = it cannot. */
  readonly nodes?: NodePort;
  /** Causes faults in the place of their own files; absent = nobody does. */
  readonly injector?: FaultInjector;
  /** Memory and CPU of every running process, now. */
  resources(): readonly ResourceRecord[];
  /** Ends everything and frees addresses. Idempotent; never throws for what is already gone. */
  close(): Promise<void>;
  /**
   * Once the verdict is known: gathers evidence of a failed run and takes away what {@link close} left for that. Resolves with what
   * people should know: what was kept, or could not be taken away, and how to do it by hand.
   */
  settle?(failed: boolean): Promise<readonly string[]>;
  /** By how much times from elsewhere may be wrong against the runner's clock, so far; absent = one clock. */
  readonly clockUncertaintyNs?: number;
}

export interface CordonedNode {
  readonly node: string;
  /** Engines that run there. */
  readonly engines: readonly string[];
  uncordon(): Promise<void>;
}

export interface RestartChanges {
  /** The new life publishes this many blocks of its own the moment its publisher is bound. */
  readonly publishAtStart?: number;
}

/** How a lab tells of what happens by itself. */
export interface LabObserver {
  record(record: HistoryRecord): void;
  /** An engine ended although nobody asked it to; its "down" record has been written. */
  engineLost(engine: string, detail: string): void;
  /** An engine ended, as a fault had announced ({@link Lab.expectDeath}). */
  engineEnded(engine: string): void;
  /** The gateway ended although nobody asked it to: the run cannot go on. */
  gatewayLost(error: KvproofError): void;
}

export interface LabOptions {
  /** Unique among runs on this machine; names the run's state. */
  readonly runId: string;
  /** Run directory: logs go to `logs/`, ledgers to `ledger/`. */
  readonly dir: string;
  readonly observer: LabObserver;
  /** Engines are reached through a relay, because something in the plan breaks links or streams. */
  readonly relay?: boolean;
  /** Of the run: what the relay leaves to chance follows from it. */
  readonly seed?: number;
  /** Some engines are real vLLM, started with the Python that KVPROOF_VLLM_PYTHON names. */
  readonly vllm?: boolean;
  /** Images that engines bring along, beside the lab's own; for a lab with pods. */
  readonly images?: readonly string[];
  /** What processes write lies on small volumes, because something in the plan fills them (needs "host.disk-full"). */
  readonly volumes?: boolean;
}

/** Makes labs of one kind; knows beforehand what they can do. */
export interface LabFactory {
  readonly kind: Lab["kind"];
  readonly capabilities: ReadonlySet<LabCapability>;
  /** The gateway finds engines by itself. */
  readonly discovers?: boolean;
  /** Words that open the same lab again on the command line, beside `--lab <kind>`; absent = there are none. */
  readonly repeatOptions?: readonly string[];
  /** Wire dialects its engines can speak; the first is the default. */
  readonly dialects: readonly string[];
  /** Why this machine or lab lacks the capability, for people; null = it is there. */
  reasonWithout(capability: LabCapability): string | null;
  /** Says what faults are possible here, whatever the capabilities are; absent = they do. */
  readonly injector?: InjectorRules;
  /** Why this lab cannot cause a kind of fault although it has every capability that it needs; null = it can. */
  refuses?(fault: string): string | null;
  /** Ends what crashed runs left behind; one line per thing ended. */
  endLeftovers(): Promise<readonly string[]>;
  open(options: LabOptions): Promise<Lab>;
  /** Last resort (second Ctrl-C): kills every process of every open lab, at once and synchronously. */
  killAll(): void;
}
