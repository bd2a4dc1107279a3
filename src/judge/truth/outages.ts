/**
 * Outages that were longer than the replay ring: what the ring did not keep until a consumer must have asked again (ρ after
 * the recovery) is lost to everybody, and everything stored before it with it, since a removal may be among what was lost.
 * Joining, and finding the way back to an engine that began a new life or went on after a pause, are outages, too.
 */
import type { EngineState } from "./engine-state.js";

interface Outage {
  readonly engine: EngineState;
  readonly epoch: number;
  readonly since: number;
  readonly dueAt: number;
}

export class Outages {
  readonly #calmAgainAt: (engine: string) => number;
  readonly #recheckNs: number;
  #open: Outage[] = [];
  #nextDue = Number.POSITIVE_INFINITY;

  /** `calmAgainAt` = when no fault disturbs the engine any more; while that is not known, it is asked again every `recheckNs`. */
  constructor(calmAgainAt: (engine: string) => number, recheckNs: number) {
    this.#calmAgainAt = calmAgainAt;
    this.#recheckNs = recheckNs;
  }

  /** News of `engine` may have been kept from consumers since `since`; it has until `dueAt` to be caught up with. */
  ended(engine: EngineState, since: number, dueAt: number): void {
    this.#open.push({ engine, epoch: engine.epoch, since, dueAt });
    this.#nextDue = Math.min(this.#nextDue, dueAt);
  }

  /** Before anything that happened at `at` is taken in. */
  advance(at: number): void {
    if (at < this.#nextDue) return;
    const open = this.#open;
    this.#open = [];
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const outage of open) {
      const { engine, epoch, since, dueAt } = outage;
      if (engine.epoch !== epoch) continue;
      const calmAt = this.#calmAgainAt(engine.name);
      if (dueAt > at) this.ended(engine, since, dueAt);
      else if (calmAt > at) this.ended(engine, since, Math.min(calmAt, at + this.#recheckNs));
      else engine.loseWhatTheRingLost(since);
    }
  }
}
