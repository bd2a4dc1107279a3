/** Which life of an engine the index speaks of: in doubt once its process was seen gone, until each stream has proved itself. */
import type { StreamStatus } from "../ports.js";

export class LifeDoubt {
  #raised = false;

  /** Its process was seen gone: what the index holds is of a past life until proven otherwise. */
  raise(): void {
    this.#raised = true;
  }

  /** Whether what the index says may be told, given how its streams stand now. */
  isSettled(streams: () => readonly StreamStatus[]): boolean {
    if (this.#raised) this.#raised = streams().some(isUnproven);
    return !this.#raised;
  }
}

/** The stream does not know (yet) where it stands. */
export function isUnproven(status: Pick<StreamStatus, "connected" | "state">): boolean {
  return !status.connected || status.state === "cold" || status.state === "catching-up";
}
