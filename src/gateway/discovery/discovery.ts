/** Finds engines of which only the HTTP address is known, and asks again when one comes back: it may have other ports then. */
import { delay } from "../../base/async.js";
import { asError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { Registration } from "../fleet/registration.js";
import { LIMITS } from "../limits.js";
import { askEngine, type DiscoveryRequest } from "./ask-engine.js";

export class Discovery {
  readonly #register: (registration: Registration) => void;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  /** Engine name → how it was asked for. */
  readonly #found = new Map<string, DiscoveryRequest>();
  readonly #searching = new Set<string>();

  constructor(register: (registration: Registration) => void, log: Logger) {
    this.#register = register;
    this.#log = log;
  }

  /** Looks until the engine is found; at once, then at intervals. */
  find(request: DiscoveryRequest): void {
    if (this.#searching.has(request.http)) return;
    this.#searching.add(request.http);
    void this.#search(request).finally(() => this.#searching.delete(request.http));
  }

  /** Name of the engine that was found at this address; undefined = still looking. */
  nameAt(http: string): string | undefined {
    for (const [name, request] of this.#found) if (request.http === http) return name;
    return undefined;
  }

  /** The engine came back after its port was closed. */
  returned(engine: string): void {
    const request = this.#found.get(engine);
    if (request) this.find(request);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #search(request: DiscoveryRequest): Promise<void> {
    let last = "";
    while (!this.#stop.signal.aborted) {
      try {
        const registration = await askEngine(request);
        if (this.#stop.signal.aborted) return;
        if (registration.ranks.length === 0) {
          this.#log.warn(
            { engine: registration.engine },
            "the engine publishes no KV events: it is served by load alone",
          );
        }
        this.#found.set(registration.engine, request);
        this.#register(registration);
        return;
      } catch (thrown) {
        const { message } = asError(thrown);
        if (message !== last)
          this.#log.warn({ http: request.http, error: message }, "engine not found yet; asking again");
        last = message;
      }
      await delay(LIMITS.discoveryRetryMs, this.#stop.signal);
    }
  }
}
