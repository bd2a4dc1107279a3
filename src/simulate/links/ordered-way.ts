/** A way on which messages keep their order and each takes a random time. */
import { NS_PER_MS } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";
import type { VirtualTime } from "../virtual-time.js";

export class OrderedWay {
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #maxDelayNs: number;
  #lastArrival = 0;

  constructor(time: VirtualTime, rng: Rng, maxDelayMs: number) {
    this.#time = time;
    this.#rng = rng;
    this.#maxDelayNs = maxDelayMs * NS_PER_MS;
  }

  send(arrive: () => void): void {
    const arrival = this.#time.nowNs() + Math.round(this.#rng.float() * this.#maxDelayNs);
    if (arrival > this.#lastArrival) this.#lastArrival = arrival;
    this.#time.at(this.#lastArrival, arrive);
  }

  /** The next message, and all after it, come no earlier than in `ms`. */
  delay(ms: number): void {
    this.#lastArrival = Math.max(this.#time.nowNs(), this.#lastArrival) + Math.round(ms * NS_PER_MS);
  }
}
