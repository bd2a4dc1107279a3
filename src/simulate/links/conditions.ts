/** What is wrong at one target (an engine with its connections, or the gateway) at the moment. */
import type { Rng } from "../../base/rng.js";
import type { SimFault, SimFaultKind } from "../plan/fault-kinds.js";

export class ActiveFault {
  readonly fault: SimFault;
  readonly rng: Rng;
  readonly #onEffect: (evidence: string) => void;
  #bites = 0;

  constructor(fault: SimFault, rng: Rng, onEffect: (evidence: string) => void) {
    this.fault = fault;
    this.rng = rng;
    this.#onEffect = onEffect;
  }

  get bites(): number {
    return this.#bites;
  }

  /** It did something to somebody; the first time is evidence. */
  bit(evidence: string): void {
    if (this.#bites++ === 0) this.#onEffect(evidence);
  }
}

export class Conditions {
  readonly #active = new Map<SimFaultKind, ActiveFault>();

  /** Nothing is wrong. */
  get fine(): boolean {
    return this.#active.size === 0;
  }

  begin(active: ActiveFault): void {
    this.#active.set(active.fault.kind, active);
  }

  end(active: ActiveFault): void {
    if (this.#active.get(active.fault.kind) === active) this.#active.delete(active.fault.kind);
  }

  of(kind: SimFaultKind): ActiveFault | undefined {
    return this.#active.get(kind);
  }

  /** The fault of this kind, when it is in force and hits this message; counted as an effect. */
  hits(kind: SimFaultKind, evidence: string): ActiveFault | undefined {
    const active = this.#active.get(kind);
    if (active === undefined || !active.rng.chance(active.fault.share)) return undefined;
    active.bit(evidence);
    return active;
  }
}
