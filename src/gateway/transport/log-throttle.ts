/** Says the same thing at most once a second, and how often it was left unsaid: a storm of gaps must not become one of lines. */
import { type Clock, NS_PER_S } from "../../base/clock.js";
import type { Logger } from "../../base/log.js";

interface Said {
  atNs: number;
  suppressed: number;
}

export class LogThrottle {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #said = new Map<string, Said>();

  /** `key`s must come from a fixed set: each is remembered. */
  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  say(
    level: "debug" | "info" | "warn",
    key: string,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    const nowNs = this.#clock.nowNs();
    const said = this.#said.get(key);
    if (said !== undefined && nowNs - said.atNs < NS_PER_S) {
      said.suppressed++;
      return;
    }
    const suppressed = said === undefined || said.suppressed === 0 ? {} : { suppressed: said.suppressed };
    this.#said.set(key, { atNs: nowNs, suppressed: 0 });
    this.#log[level]({ ...fields, transition: key, ...suppressed }, message);
  }
}
