/** Processes that a fault ends and starts again: engines, or the system under test. */
import type { FaultWorld } from "../fault.js";

export interface Victim {
  readonly name: string;
  /** Gone when this resolves. */
  stop(how: "graceful" | "kill"): Promise<void>;
  /** Runs again, in place, when this resolves. */
  start(): Promise<void>;
  /** A new one took its place when this resolves, with its name; null = this kind of thing is never replaced. */
  readonly replace: (() => Promise<string>) | null;
}

export function victimsOf({ engines, orchestrator }: FaultWorld): Victim[] {
  if (engines.length === 0) {
    return [
      {
        name: "gateway",
        stop: (how) => orchestrator.stopGateway(how),
        start: () => orchestrator.startGateway(),
        replace: null,
      },
    ];
  }
  return engines.map(({ spec: { engine } }) => ({
    name: engine,
    stop: (how) => orchestrator.stopEngine(engine, how),
    start: () => orchestrator.startEngine(engine),
    replace: () => orchestrator.replaceEngine(engine),
  }));
}
