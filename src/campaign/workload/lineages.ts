/** Under which model, adapter and salt each request goes out, by the shares that the scenario gives. */
import type { Rng } from "../../base/rng.js";
import type { PromptLineage } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";

export class Lineages {
  readonly #context: RunContext;
  readonly #spec: WorkloadSpec;
  readonly #rng: Rng;
  readonly #models: readonly string[];

  constructor(context: RunContext, spec: WorkloadSpec, rng: Rng) {
    this.#context = context;
    this.#spec = spec;
    this.#rng = rng;
    this.#models = spec.models ?? [...new Set(context.plan.engines.map((engine) => engine.model))];
  }

  next(): PromptLineage {
    const model = this.#rng.pick(this.#models);
    const adapters = this.#rng.chance(this.#spec.adapter_share) ? this.#context.fleet.settledAdapters(model, 0) : [];
    const adapter = adapters.length === 0 ? null : this.#rng.pick(adapters);
    const salt = this.#rng.chance(this.#spec.salt_share) ? `salt-${this.#rng.int(1, this.#spec.salts)}` : null;
    return { model, adapter, salt };
  }
}

/** The same for equal lineages only. */
export function lineageKey({ model, adapter, salt }: PromptLineage): string {
  return JSON.stringify([model, adapter?.name ?? null, adapter?.path ?? null, salt]);
}
