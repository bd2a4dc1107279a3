/**
 * Cuts a failing plan down: fewer faults, fewer happenings, fewer engines, simpler engines, an earlier end, as long as the same
 * property is violated. The parts of a simulation draw from generators of their own, so that leaving one out hardly moves the rest.
 */
import type { SimFleetMember, SimPlan } from "../plan/plan.js";
import { minimise } from "./minimise.js";

/** Candidates tried at most. */
export const MAX_TRIES = 800;
const MAX_ROUNDS = 3;

export interface Shrunk {
  readonly plan: SimPlan;
  readonly tries: number;
}

/** `fails` = the plan still violates the property. */
export async function shrinkPlan(
  plan: SimPlan,
  fails: (plan: SimPlan) => Promise<boolean>,
  signal: AbortSignal,
): Promise<Shrunk> {
  const shrinking = new Shrinking(plan, fails, signal);
  for (let round = 0; round < MAX_ROUNDS && !shrinking.isOver; round++) {
    const before = sizeOf(shrinking.plan);
    await shrinking.faults();
    await shrinking.happenings();
    await shrinking.engines();
    await shrinking.simplify();
    await shrinking.end();
    if (sizeOf(shrinking.plan) === before) break;
  }
  return { plan: shrinking.plan, tries: shrinking.tries };
}

function sizeOf({ faults, happenings, fleet, endMs }: SimPlan): string {
  return JSON.stringify([faults.length, happenings.length, fleet, endMs]);
}

class Shrinking {
  plan: SimPlan;
  tries = 0;
  readonly #fails: (plan: SimPlan) => Promise<boolean>;
  readonly #signal: AbortSignal;

  constructor(plan: SimPlan, fails: (plan: SimPlan) => Promise<boolean>, signal: AbortSignal) {
    this.plan = plan;
    this.#fails = fails;
    this.#signal = signal;
  }

  get isOver(): boolean {
    return this.tries >= MAX_TRIES || this.#signal.aborted;
  }

  async faults(): Promise<void> {
    await minimise(this.plan.faults, (faults) => this.#try({ faults }));
  }

  async happenings(): Promise<void> {
    await minimise(this.plan.happenings, (happenings) => this.#try({ happenings }));
  }

  async engines(): Promise<void> {
    await minimise(this.plan.fleet, (fleet) => {
      const names = new Set(fleet.map(({ name }) => name));
      const faults = this.plan.faults.filter(({ engine }) => engine === null || names.has(engine));
      return this.#try({ fleet, faults });
    });
  }

  async simplify(): Promise<void> {
    const simpler: Partial<SimFleetMember>[] = [
      { ranks: 1 },
      { groups: 1 },
      { cpuBlocks: 0 },
      { startsMs: 0, joinsMs: 1 },
      { clockSkewS: 0 },
      { intHashes: true },
      { dialect: "vllm-0.30" },
    ];
    for (const change of simpler) {
      await this.#try({ fleet: this.plan.fleet.map((member) => ({ ...member, ...change })) });
    }
    await this.#try({ adapters: [] });
    await this.#try({ maxDelayMs: 0.2 });
  }

  async end(): Promise<void> {
    for (let share = 0.5; share < 0.99; share += (1 - share) / 2) {
      await this.#try({ endMs: Math.ceil(this.plan.endMs * share) });
    }
  }

  /** Keeps the change if the violation stays; null when the budget is used up. */
  async #try(change: Partial<SimPlan>): Promise<boolean | null> {
    if (this.isOver) return null;
    this.tries++;
    const candidate = { ...this.plan, ...change };
    if (!(await this.#fails(candidate))) return false;
    this.plan = candidate;
    return true;
  }
}
