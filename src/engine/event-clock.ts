/** The `ts` of event batches: wall time as the engine believes it, which the lab can shift, let drift, or freeze. */
import type { Clock } from "../base/clock.js";

export interface ClockFault {
  /** Added to the wall clock. Default 0. */
  readonly offsetMs: number;
  /** Microseconds gained per second since the fault began; negative = lost. Default 0. */
  readonly driftPpm: number;
  /** Every batch bears the time at which the fault began. */
  readonly freeze: boolean;
}

export const noClockFault: ClockFault = { offsetMs: 0, driftPpm: 0, freeze: false };

export class EventClock {
  readonly #clock: Clock;
  #fault = noClockFault;
  #beganSeconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get fault(): ClockFault {
    return this.#fault;
  }

  set(fault: ClockFault): void {
    this.#fault = fault;
    this.#beganSeconds = this.#clock.wallSeconds();
  }

  /** Seconds since 1970, as Python's `time.time()`. */
  seconds(): number {
    const { offsetMs, driftPpm, freeze } = this.#fault;
    const elapsed = freeze ? 0 : this.#clock.wallSeconds() - this.#beganSeconds;
    const base =
      freeze || driftPpm !== 0 ? this.#beganSeconds + elapsed * (1 + driftPpm / 1e6) : this.#clock.wallSeconds();
    return base + offsetMs / 1000;
  }
}
