/**
 * Outages that were longer than the replay ring: what the ring did not keep until a consumer must have asked again (ρ after
 * the recovery) is lost to everybody, and everything stored before it with it, since a removal may be among what was lost.
 */
import type { EngineState } from "./engine-state.js";

interface Outage {
  readonly engine: EngineState;
  readonly epoch: number;
  readonly since: number;
  readonly dueAt: number;
}

export class Outages {
  #open: Outage[] = [];
  #nextDue = Number.POSITIVE_INFINITY;

  /** News of `engine` may have been kept from consumers since `since`; it has until `dueAt` to be caught up with. */
  ended(engine: EngineState, since: number, dueAt: number): void {
    this.#open.push({ engine, epoch: engine.epoch, since, dueAt });
    this.#nextDue = Math.min(this.#nextDue, dueAt);
  }

  /** Before anything that happened at `at` is taken in. */
  advance(at: number): void {
    if (at < this.#nextDue) return;
    const due = this.#open.filter((outage) => outage.dueAt <= at);
    this.#open = this.#open.filter((outage) => outage.dueAt > at);
    this.#nextDue = Math.min(Number.POSITIVE_INFINITY, ...this.#open.map((outage) => outage.dueAt));
    for (const { engine, epoch, since } of due) if (engine.epoch === epoch) engine.loseWhatTheRingLost(since);
  }
}
