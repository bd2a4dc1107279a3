/**
 * What breaks on purpose. A fault is one small file that says how it begins, ends and shows itself, written against the
 * lab's ports, so that the same file works wherever a lab offers them. Its window is measured by its own probes: from the
 * first effect seen to the moment at which nothing of it is seen any more, never from the request.
 *
 *   inject ──▶ effect() … evidence ──▶ (the scenario's time) ──▶ recover ──▶ recovered() … evidence
 */
import type { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";
import type { EngineHandle, Lab, LabCapability } from "../ports.js";

export type FaultFamily = "link" | "stream" | "process" | "host" | "clock" | "engine" | "node";

/** One kind of fault: a line in {@link file://./catalogue.ts}. `P` = its own parameters, durations in milliseconds. */
export interface Fault<P extends object = object> {
  /** `<family>.<what>`, as a scenario names it. */
  readonly kind: `${FaultFamily}.${string}`;
  /** What it does to its target, in one line, for docs and reports. */
  readonly does: string;
  /** What it may be aimed at: engines, the system under test ("gateway"), or the machine as a whole ("host"). */
  readonly targets: readonly ("engines" | "gateway" | "host")[];
  /** A lab that lacks one of these refuses the scenario up front, with its reason. */
  readonly needs: readonly LabCapability[];
  /** Strict: unknown keys are errors. The common keys (id, kind, target, at, for) are not part of it. */
  readonly parameters: z.ZodObject;
  /** Why these parameters cannot work on this lab or these targets although the capabilities are there; null = they can. */
  impossible?(parameters: P, engines: readonly EngineHandle["spec"][], target: string): string | null;
  /** Whom it strikes beyond its target, as fault windows name them; left out: the target. */
  touches?(world: FaultWorld): readonly string[];
  /** Resolves once the fault has been asked for; rejects (KvproofError) when that failed, with nothing left behind. */
  inject(world: FaultWorld, parameters: P): Promise<ActiveFault>;
}

/** A fault in force. `effect` and `recovered` are polled by the campaign; each look is bounded and must not itself heal or harm. */
export interface ActiveFault {
  /** What shows that it bites, as evidence for people ("4 of 4 links silent for 1,204 ms"); null = nothing to see yet. */
  effect(): Promise<string | null>;
  /** Whether it has nothing more to do: it then ends before its time. Left out: it lasts for all of it. */
  over?(): boolean;
  /** Takes it back; idempotent. Rejects when it cannot, with what to clean up by hand. */
  recover(): Promise<void>;
  /** What shows that it is gone; null = still there. */
  recovered(): Promise<string | null>;
}

/** What a fault may touch. */
export interface FaultWorld {
  readonly lab: Lab;
  /** Engines that the target stands for, as they run now; empty for "gateway" and "host". */
  readonly engines: readonly EngineHandle[];
  readonly target: string;
  readonly clock: Clock;
  /** Forked for this fault: the same seed does the same. */
  readonly rng: Rng;
  /** Raised when the run ends early; waits must end then. */
  readonly signal: AbortSignal;
  /** The system under test and the membership, as an orchestrator would handle them. */
  readonly orchestrator: Orchestrator;
  /** A line for the history: what happened, when (kills in a loop, a clock that stepped). */
  mark(name: string, detail: string): void;
}

/** The hand of the orchestrator in faults that end processes: it notices, restarts and registers, as a kubelet and a watch do. */
export interface Orchestrator {
  /** Ends the engine; it is gone when this resolves. Nobody tells the system under test. */
  stopEngine(engine: string, how: "graceful" | "kill"): Promise<void>;
  /** Starts a stopped engine again in place; nobody tells the system under test. */
  startEngine(engine: string): Promise<void>;
  /** {@link stopEngine}, then {@link startEngine}. */
  restartEngine(engine: string, how: "graceful" | "kill"): Promise<void>;
  /** A stopped engine is deregistered, and one of a new name and address takes its place. Resolves with the name. */
  replaceEngine(engine: string): Promise<string>;
  /** Ends the system under test; it is gone when this resolves. */
  stopGateway(how: "graceful" | "kill"): Promise<void>;
  /** Starts the stopped system under test at the same address; every member is registered anew. */
  startGateway(): Promise<void>;
  /** {@link stopGateway}, then {@link startGateway}. */
  restartGateway(how: "graceful" | "kill"): Promise<void>;
  /** Whether the system under test answers a cheap question within `withinMs` (default: what a healthy one needs at most). */
  gatewayAnswers(withinMs?: number): Promise<boolean>;
  /** This engine may end by itself from now on (a memory limit): that is the fault's doing, not a broken run. */
  expectDeath(engine: string): void;
}
