/**
 * Another hand than the lab's own that causes faults, such as Chaos Mesh: what it can do is known before a run, by kind, parameters
 * and target; a fault that it leaves alone is caused by the fault's own file, through the lab's ports.
 */
import type { ActiveFault, FaultWorld } from "./fault.js";

export interface AskedFault {
  readonly id: string;
  readonly kind: string;
  /** As the fault's own schema gives them. */
  readonly parameters: object;
  readonly target: string;
}

/** Known without a cluster. */
export interface InjectorRules {
  /** For people: "Chaos Mesh". */
  readonly name: string;
  /** Why it cannot cause this; null = it can. */
  refuses(fault: Omit<AskedFault, "id">): string | null;
}

export interface FaultInjector {
  /** null = by the fault's own file. Resolves and rejects as a fault's `inject`. `forMs`: how long it is to last. */
  inject(fault: AskedFault, forMs: number, world: FaultWorld): Promise<ActiveFault> | null;
}
