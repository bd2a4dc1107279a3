/** Prompts of which no two begin alike: nothing to hit, everything to store and evict. */
import type { Rng } from "../../base/rng.js";
import { type Prompt, randomTokens } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { Lineages } from "./lineages.js";
import type { PromptSource } from "./prompt-source.js";

export class UniquePrompts implements PromptSource {
  readonly #context: RunContext;
  readonly #spec: Extract<WorkloadSpec, { kind: "unique" }>;
  readonly #rng: Rng;
  readonly #lineages: Lineages;

  constructor(context: RunContext, spec: Extract<WorkloadSpec, { kind: "unique" }>, rng: Rng) {
    this.#context = context;
    this.#spec = spec;
    this.#rng = rng;
    this.#lineages = new Lineages(context, spec, rng.fork("lineages"));
  }

  next(): Prompt {
    const lineage = this.#lineages.next();
    const blockSize = this.#context.prompts.blockSize(lineage.model);
    const [low, high] = this.#spec.blocks;
    const length = this.#rng.int(low, high) * blockSize + this.#rng.int(1, blockSize);
    return this.#context.prompts.add(lineage, randomTokens(this.#rng, length));
  }
}
