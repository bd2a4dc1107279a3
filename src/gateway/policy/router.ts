/** Asks the index who holds a prompt, adds what the fleet knows (health, adapters, load, credit), and lets the policy choose. */
import type { HealthState, PrefixMatch, PrefixMatcher } from "../ports.js";
import { type Candidate, credibleBlocks, type PolicyParams } from "./candidate.js";
import { type Choice, choose } from "./choose.js";

/** What routing has to know of an engine. */
export interface RoutableEngine {
  readonly name: string;
  /** Requests in flight. */
  readonly load: number;
  readonly multiRank: boolean;
  readonly health: { readonly state: HealthState };
  /** Whether what the index says of it may be told. */
  answerable(): boolean;
  /** Trust in the best of its streams, 0..1. */
  credit(): number;
  creditOf(rank: number): number;
}

export interface RoutableFleet {
  get(name: string): RoutableEngine | undefined;
}

/** Engines that serve one model name: its base model, or one adapter of it. */
export interface RoutableGroup {
  readonly model: string;
  readonly lora: string | null;
  readonly engines: readonly RoutableEngine[];
}

export interface MatchQuestion {
  readonly model: string;
  readonly lora: string | null;
  readonly salt: string | null;
  readonly tokens: ArrayLike<number>;
}

/** What is asked of a set of engines that could all serve a request. */
export interface RouteQuestion {
  readonly groups: readonly RoutableGroup[];
  readonly salt: string | null;
  /** null = unknown: route by load. */
  readonly tokens: ArrayLike<number> | null;
  /** Loads to reckon with instead of the gateway's own count; engines left out have none. */
  readonly loads?: Readonly<Record<string, number>>;
}

export class Router {
  readonly #fleet: RoutableFleet;
  readonly #index: PrefixMatcher;
  readonly #params: PolicyParams;
  #rotation = 0;

  constructor(fleet: RoutableFleet, index: PrefixMatcher, params: PolicyParams) {
    this.#fleet = fleet;
    this.#index = index;
    this.#params = params;
  }

  /** Leading full blocks per registered engine, the best of its ranks; engines that hold none are left out. */
  query(question: MatchQuestion): Record<string, number> {
    // No prototype: an engine may be called "constructor".
    const blocks = Object.create(null) as Record<string, number>;
    for (const match of this.#index.match(question)) {
      if (match.blocks <= (blocks[match.engine] ?? 0)) continue;
      if (this.#isBelieved(match)) blocks[match.engine] = match.blocks;
    }
    return blocks;
  }

  /** Not what a dead engine held, nor what a stream without credit said (unproven after a reconnect, silent beyond its lease). */
  #isBelieved({ engine: name, rank }: PrefixMatch): boolean {
    const engine = this.#fleet.get(name);
    return engine !== undefined && engine.answerable() && engine.creditOf(rank) > 0;
  }

  /** A dry run: decides, changes nothing. null = nobody can serve. */
  decide(question: RouteQuestion): Choice | null {
    return choose(this.#candidates(question), this.#params, this.#rotation);
  }

  /** Decides for a real request: the next tie goes to the next engine. */
  route(question: RouteQuestion): Choice | null {
    const choice = this.decide(question);
    this.#rotation = (this.#rotation + 1) >>> 0;
    return choice;
  }

  #candidates({ groups, salt, tokens, loads }: RouteQuestion): Candidate[] {
    const candidates: Candidate[] = [];
    for (const { model, lora, engines } of groups) {
      const best = tokens ? bestPerEngine(this.#index.match({ model, lora, salt, tokens }), this.#fleet) : NO_MATCHES;
      for (const engine of usable(engines)) {
        const held = best.get(engine.name) ?? { blocks: 0, credit: engine.credit(), rank: null };
        const load = loads ? (loads[engine.name] ?? 0) : engine.load;
        candidates.push({ engine: engine.name, load, ...held, rank: engine.multiRank ? held.rank : null });
      }
    }
    return candidates;
  }
}

type Held = Pick<Candidate, "blocks" | "credit" | "rank">;
const NO_MATCHES: ReadonlyMap<string, Held> = new Map();

/** Per engine the rank whose match is worth most. */
function bestPerEngine(matches: readonly PrefixMatch[], fleet: RoutableFleet): Map<string, Held> {
  const best = new Map<string, Held>();
  for (const { engine: name, rank, blocks } of matches) {
    const engine = fleet.get(name);
    if (!engine?.answerable()) continue;
    const credit = engine.creditOf(rank);
    const present = best.get(name);
    if (present && credibleBlocks(present.blocks, present.credit) >= credibleBlocks(blocks, credit)) continue;
    best.set(name, { blocks, credit, rank });
  }
  return best;
}

/** Engines known to serve; when there is none, those that are merely slow to answer; never one whose port is dead. */
export function usable<E extends Pick<RoutableEngine, "health">>(engines: readonly E[]): readonly E[] {
  const serving = engines.filter((engine) => engine.health.state === "healthy" || engine.health.state === "unknown");
  return serving.length > 0 ? serving : engines.filter((engine) => engine.health.state === "unresponsive");
}
