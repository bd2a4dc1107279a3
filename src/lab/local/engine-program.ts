/** What runs as an engine of the local lab: kvproof's double, or a real vLLM. A pod gives it an address and a process. */
import type { Clock } from "../../base/clock.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import type { EngineEndpoints, RestartChanges } from "../ports.js";
import type { ProcessCommand } from "./child-process.js";
import type { PodProcess } from "./engine-group.js";
import type { PodPlace } from "./engine-arguments.js";
import type { EngineNetwork } from "./engine-network.js";

/** One life of a pod, before it begins. */
export interface PodLife {
  readonly epoch: number;
  /** Stem of the files that this life writes: `<dir>/ledger/<stem>…`. */
  readonly fileName: string;
  readonly changes: RestartChanges;
}

/** Where it serves. */
export type Served = Omit<EngineEndpoints, "address">;

export type Startable = Pick<ProcessCommand, "program" | "args" | "env" | "foreign">;

export interface EngineProgram {
  readonly readyTimeoutMs: number;
  /** Longest orderly end; what takes longer is killed. */
  readonly stopTimeoutMs: number;
  readonly kind: "double" | "vllm";
  /** Ports that must be known before it starts; once chosen they stay. */
  place(place: PodPlace): Promise<PodPlace>;
  /** How this life is started, and the ledger files that will come of it. */
  begin(
    place: PodPlace,
    life: PodLife,
  ): Promise<{ readonly start: Startable; readonly ledgerFiles: readonly string[] }>;
  /** Resolves when it serves; rejects when it ends before. */
  ready(process: PodProcess, place: PodPlace): Promise<Served>;
  /** The process of the present life is gone. Resolves when all that it said is written down. */
  ended(): Promise<void>;
  /** The run is over, the process runs: what is not written down yet is. */
  settle(): Promise<void>;
  /** `POST /lab/<path>`; null = by its lab port. */
  control(path: string, body: unknown): Promise<unknown> | null;
  /** See {@link Lab.prepareAdapter}. */
  prepareAdapter(adapter: { readonly name: string; readonly path: string }): string;
}

/** What programs need of their lab. */
export interface ProgramContext {
  readonly dir: string;
  readonly labToken: string;
  readonly clock: Clock;
  readonly network: EngineNetwork;
  readonly observer: { record(record: HistoryRecord): void };
}
