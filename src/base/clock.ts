/**
 * Time comes in as a parameter. All recorded times are nanoseconds of the host's monotonic clock, which every process of
 * one machine shares (Linux CLOCK_MONOTONIC), so that ledgers, queries and faults can be ordered against each other.
 * A float64 holds them exactly for 104 days of uptime.
 */
export interface Clock {
  /** Monotonic, nanoseconds, comparable between processes of one machine. */
  nowNs(): number;
  /** Wall clock, seconds since 1970, as Python's `time.time()`. */
  wallSeconds(): number;
}

export const systemClock: Clock = {
  nowNs: () => Number(process.hrtime.bigint()),
  wallSeconds: () => (performance.timeOrigin + performance.now()) / 1000,
};

/** A clock that moves only when told; for tests and simulation. */
export class ManualClock implements Clock {
  #ns: number;
  readonly #epochSeconds: number;
  constructor(startNs = 0, epochSeconds = 1_700_000_000) {
    this.#ns = startNs;
    this.#epochSeconds = epochSeconds;
  }
  nowNs(): number {
    return this.#ns;
  }
  wallSeconds(): number {
    return this.#epochSeconds + this.#ns / 1e9;
  }
  advanceNs(ns: number): void {
    this.#ns += ns;
  }
  advanceMs(ms: number): void {
    this.advanceNs(ms * NS_PER_MS);
  }
}

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;
