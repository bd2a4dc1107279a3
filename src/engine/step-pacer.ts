/** How long a step would take on a real accelerator, spent by sleeping; 0 = as fast as possible, but never hogging the loop. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, NS_PER_MS, NS_PER_S } from "../base/clock.js";

export interface Timing {
  /** Prompt tokens computed per second; 0 = instantly. */
  readonly prefillTokensPerS: number;
  /** Milliseconds of a step that decodes, however many requests it serves (a batch decodes in parallel); 0 = instantly. */
  readonly decodeMsPerToken: number;
}

/** Timers are no finer than this; shorter rests accumulate until they are worth a timer. */
const TIMER_GRAIN_NS = NS_PER_MS;

export class StepPacer {
  readonly #timing: Timing;
  readonly #clock: Clock;
  /** When the accelerator is free again. */
  #freeAtNs = 0;

  constructor(timing: Timing, clock: Clock) {
    this.#timing = timing;
    this.#clock = clock;
  }

  /** Resolves when the step is over. Even an instant step gives other work of the process a turn. */
  async spend(prefillTokens: number, decodeTokens: number): Promise<void> {
    const { prefillTokensPerS, decodeMsPerToken } = this.#timing;
    const prefillNs = prefillTokensPerS > 0 ? (prefillTokens / prefillTokensPerS) * NS_PER_S : 0;
    const decodeNs = decodeTokens > 0 ? decodeMsPerToken * NS_PER_MS : 0;
    const now = this.#clock.nowNs();
    this.#freeAtNs = Math.max(this.#freeAtNs, now) + prefillNs + decodeNs;
    const restNs = this.#freeAtNs - now;
    if (restNs >= TIMER_GRAIN_NS) await sleep(restNs / NS_PER_MS);
    else await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
