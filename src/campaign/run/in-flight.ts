/**
 * Requests under way, as far as the sender knows: which engine serves one is known from its first byte on. A request's
 * recorded loads are left out where the router may have seen other loads than the sender did, so that nobody is judged by
 * a guess.
 */

/** The router may learn of an end later, or of a beginning earlier, than the sender; this much apart is certain. */
const UNCERTAIN_NS = 10e6;

export interface Flight {
  readonly beganAt: number;
  engine: string | null;
  /** Another request was sent so close to this one that their order at the router is unknown. */
  contended: boolean;
  readonly loads: Readonly<Record<string, number>> | undefined;
}

export class InFlight {
  readonly #flights = new Set<Flight>();
  #lastEndAt = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#flights.size;
  }

  begin(now: number): Flight {
    const loads = this.#certainLoads(now);
    let contended = false;
    for (const other of this.#flights) {
      if (now - other.beganAt > UNCERTAIN_NS) continue;
      other.contended = true;
      contended = true;
    }
    const flight: Flight = { beganAt: now, engine: null, contended, loads };
    this.#flights.add(flight);
    return flight;
  }

  /** Requests now with each engine, as far as it is known; engines without any are left out. */
  loads(): Record<string, number> {
    const loads: Record<string, number> = {};
    for (const { engine } of this.#flights) if (engine !== null) loads[engine] = (loads[engine] ?? 0) + 1;
    return loads;
  }

  end(flight: Flight, now: number): void {
    this.#flights.delete(flight);
    this.#lastEndAt = now;
  }

  /** Some request that was sent before `moment` has not ended. */
  beganBefore(moment: number): boolean {
    return [...this.#flights].some((flight) => flight.beganAt <= moment);
  }

  /** Nothing is in flight, and nothing was a moment ago. */
  quiet(now: number): boolean {
    return this.#flights.size === 0 && now - this.#lastEndAt > UNCERTAIN_NS;
  }

  #certainLoads(now: number): Record<string, number> | undefined {
    if (now - this.#lastEndAt <= UNCERTAIN_NS) return undefined;
    for (const { engine } of this.#flights) if (engine === null) return undefined;
    return this.loads();
  }
}

/** What may be recorded about a flight that has ended. */
export function recordedLoads(flight: Flight): Readonly<Record<string, number>> | undefined {
  return flight.contended ? undefined : flight.loads;
}
