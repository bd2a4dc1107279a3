/**
 * Where a request goes in. A router with an OpenAI front takes it itself; for a system without one the campaign is the front:
 * it asks for the route or, of a mere index, for the matches, and sends to the engine as consumers reach it.
 */
import { Agent, type Dispatcher, Pool } from "undici";
import { asError } from "../../base/errors.js";
import type { Clock } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";
import type { EngineHandle } from "../../lab/ports.js";
import type { SystemUnderTest } from "../../lab/sut/port.js";
import type { Fleet } from "./fleet.js";
import type { InFlight } from "./in-flight.js";
import { type Prompt, queryOf } from "./prompt-book.js";

const TIMEOUT_MS = 30_000;
const CONNECTIONS = 256;
const CONNECTIONS_PER_ENGINE = 64;

/** One way in; the request goes to `origin` through `dispatcher`. */
export interface Way {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  /** Engine that was chosen; absent where the system under test chooses behind its front. */
  readonly engine?: string;
  /** Blocks that the system under test says this engine holds. */
  readonly claimedBlocks?: number;
  /** "runner": the system under test had no say, and is not judged by it. */
  readonly chosenBy?: "sut" | "runner";
}

export interface FrontDoor {
  /** Rejects when nobody can serve the prompt. `except` = engines that did not take it before. */
  way(prompt: Prompt, except: readonly string[]): Promise<Way>;
  /** Engines may be tried one after the other. */
  readonly retries: boolean;
  close(): Promise<void>;
}

/** The system under test's own front. */
export class ProxyDoor implements FrontDoor {
  readonly retries = false;
  readonly #pool: Pool;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
    this.#pool = new Pool(url, {
      connections: CONNECTIONS,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  async way(): Promise<Way> {
    return { dispatcher: this.#pool, origin: this.#url };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** It chose an engine that it does not know, or was told to forget: the choice stands, the request cannot be sent. */
export class UnknownChoice extends Error {
  readonly engine: string;
  constructor(engine: string) {
    super(`the system under test chose ${engine}, of which it was not told, or was told to forget it`);
    this.engine = engine;
  }
}

/** The campaign as the front of a system that has none. */
export class OwnDoor implements FrontDoor {
  readonly retries = true;
  readonly #agent = new Agent({
    connections: CONNECTIONS_PER_ENGINE,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  readonly #sut: SystemUnderTest;
  readonly #fleet: Fleet;
  readonly #inFlight: InFlight;
  readonly #clock: Clock;
  readonly #rng: Rng;

  constructor(deps: { sut: SystemUnderTest; fleet: Fleet; inFlight: InFlight; clock: Clock; rng: Rng }) {
    this.#sut = deps.sut;
    this.#fleet = deps.fleet;
    this.#inFlight = deps.inFlight;
    this.#clock = deps.clock;
    this.#rng = deps.rng;
  }

  async way(prompt: Prompt, except: readonly string[]): Promise<Way> {
    if (except.length > 0) return this.#to(this.#leastBusy(this.#candidates(prompt, except)), "runner");
    const { route, match } = this.#sut.capabilities;
    const askedAt = this.#clock.nowNs();
    const [chosen, held] = await Promise.all([
      route ? this.#routed(prompt) : null,
      match ? this.#sut.match(queryOf(prompt)).catch(() => null) : null,
    ]);
    if (chosen !== null) {
      const handle = this.#fleet.nameable(chosen, askedAt);
      if (handle === undefined) throw new UnknownChoice(chosen);
      return this.#to(handle, "sut", held);
    }
    const candidates = this.#candidates(prompt, []);
    const longest = Math.max(0, ...candidates.map(({ spec }) => held?.[spec.engine] ?? 0));
    const best = candidates.filter(({ spec }) => (held?.[spec.engine] ?? 0) === longest);
    return this.#to(this.#leastBusy(best), "runner", held);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** null = it gave no choice: it is down, or answered with an error. */
  async #routed(prompt: Prompt): Promise<string | null> {
    try {
      return (await this.#sut.route(queryOf(prompt), this.#inFlight.loads())).engine;
    } catch {
      return null;
    }
  }

  #candidates(prompt: Prompt, except: readonly string[]): readonly EngineHandle[] {
    const members = this.#fleet.membersOf(prompt.model).filter(({ spec }) => !except.includes(spec.engine));
    if (members.length > 0) return members;
    throw new Error(`no engine of ${prompt.model} is left that could serve the request`);
  }

  #leastBusy(handles: readonly EngineHandle[]): EngineHandle {
    const loads = this.#inFlight.loads();
    const least = Math.min(...handles.map(({ spec }) => loads[spec.engine] ?? 0));
    return this.#rng.pick(handles.filter(({ spec }) => (loads[spec.engine] ?? 0) === least));
  }

  #to({ spec, endpoints }: EngineHandle, chosenBy: "sut" | "runner", held: Record<string, number> | null = null): Way {
    return {
      dispatcher: this.#agent,
      origin: endpoints.http,
      engine: spec.engine,
      chosenBy,
      ...(held === null ? {} : { claimedBlocks: held[spec.engine] ?? 0 }),
    };
  }
}

/** Nobody has taken the request yet: another engine may be tried. */
export function notTaken(thrown: unknown): boolean {
  const { code = "" } = asError(thrown) as NodeJS.ErrnoException;
  return (
    code.startsWith("ECONN") || code === "UND_ERR_SOCKET" || code === "UND_ERR_CONNECT_TIMEOUT" || code === "EPIPE"
  );
}
