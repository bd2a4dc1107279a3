/** Pauses between connection attempts: doubling up to a cap, spread by chance so that a fleet does not reconnect in step. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(minMs: number, maxMs: number, random: () => number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** The next pause: between half of and the whole of min x 2^n. */
  nextMs(): number {
    const whole = Math.min(this.#maxMs, this.#minMs * 2 ** this.#attempts);
    this.#attempts++;
    return whole * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
