/**
 * Whether an engine serves. Only HTTP says so: after a crash of vLLM's API server its engine core may keep the event and
 * replay sockets open for minutes, so a live stream proves nothing.
 */
import { asError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { LIMITS } from "../limits.js";
import type { HealthState } from "../ports.js";
import { type EngineHttp, upstreamFailure, type UpstreamFailure } from "./engine-http.js";
import { Poller } from "./poller.js";

export interface HealthEvents {
  /** One look ended (for counting). */
  checked(result: "ok" | "status" | UpstreamFailure): void;
  changed(state: HealthState, previous: HealthState): void;
}

export class EngineHealth {
  #state: HealthState = "unknown";
  #missed = 0;
  readonly #poller: Poller;
  readonly #http: EngineHttp;
  readonly #events: HealthEvents;
  readonly #log: Logger;

  constructor(http: EngineHttp, intervalMs: number, events: HealthEvents, log: Logger) {
    this.#http = http;
    this.#events = events;
    this.#log = log;
    this.#poller = new Poller(intervalMs, () => this.#look());
  }

  get state(): HealthState {
    return this.#state;
  }

  start(): void {
    this.#poller.start();
  }
  stop(): void {
    this.#poller.stop();
  }
  checkNow(): Promise<void> {
    return this.#poller.now();
  }

  /** What a proxied request met. A refusal is proof enough; anything else only makes us look again. */
  reportFailure(failure: UpstreamFailure): void {
    if (failure === "refused") this.#become("down", "its port refuses connections");
    else if (failure !== "aborted") void this.checkNow();
  }

  async #look(): Promise<void> {
    try {
      const { status } = await this.#http.get("/health", LIMITS.healthTimeoutMs);
      this.#events.checked(status === 200 ? "ok" : "status");
      this.#missed = 0;
      if (status === 200) this.#become("healthy", "it answers /health");
      else this.#become("unresponsive", `/health answers ${status}`);
    } catch (thrown) {
      const failure = upstreamFailure(thrown);
      this.#events.checked(failure);
      this.#missed++;
      const seen = `/health fails: ${asError(thrown).message}`;
      if (failure === "refused") this.#become("down", seen);
      else if (this.#missed >= LIMITS.missedHealthChecks) this.#become("unresponsive", seen);
    }
  }

  #become(state: HealthState, why: string): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    if (state === "healthy") this.#log.info({ previous, why }, "engine serves");
    else this.#log.warn({ previous, state, why }, "engine gets no new requests");
    this.#events.changed(state, previous);
  }
}
