/** Ready = the engines of the configuration are known and caught up, or had their time; until then answers would be poorer. */
import type { Discovery } from "./discovery/discovery.js";
import type { Fleet } from "./fleet/fleet.js";

export interface Awaited {
  /** Names of described engines. */
  readonly engines: readonly string[];
  /** Addresses of engines to be discovered. */
  readonly addresses: readonly string[];
}

export class Readiness {
  readonly #awaited: Awaited;
  readonly #fleet: Fleet;
  readonly #discovery: Discovery;
  readonly #deadlineMs: number;
  #ready = false;
  #stopping = false;

  constructor(awaited: Awaited, fleet: Fleet, discovery: Discovery, timeoutMs: number) {
    this.#awaited = awaited;
    this.#fleet = fleet;
    this.#discovery = discovery;
    this.#deadlineMs = performance.now() + timeoutMs;
  }

  /** The end has begun: no new clients, please. */
  stop(): void {
    this.#stopping = true;
  }

  /** Once ready it stays so: engines that come and go later are the fleet's everyday life. */
  look(): { readonly ready: boolean; readonly waitingFor: readonly string[] } {
    if (this.#stopping) return { ready: false, waitingFor: ["the end: the gateway is stopping"] };
    const waitingFor = this.#ready ? [] : this.#waitingFor();
    this.#ready ||= waitingFor.length === 0 || performance.now() >= this.#deadlineMs;
    return { ready: this.#ready, waitingFor };
  }

  #waitingFor(): string[] {
    const unknown = this.#awaited.addresses.filter((http) => this.#discovery.nameAt(http) === undefined);
    const found = this.#awaited.addresses.flatMap((http) => this.#discovery.nameAt(http) ?? []);
    const lagging = [...this.#awaited.engines, ...found].filter((name) => this.#fleet.get(name)?.caughtUp() === false);
    return [...unknown, ...lagging];
  }
}
