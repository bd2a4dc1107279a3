/** A few long documents, each asked about again and again: long matches, chunked prefill, large events. */
import type { Rng } from "../../base/rng.js";
import { type Prompt, randomTokens } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { Lineages } from "./lineages.js";
import { PrefixLibrary } from "./prefix-library.js";
import type { PromptSource } from "./prompt-source.js";

export class LongPrompts implements PromptSource {
  readonly #context: RunContext;
  readonly #spec: Extract<WorkloadSpec, { kind: "long" }>;
  readonly #rng: Rng;
  readonly #lineages: Lineages;
  readonly #library: PrefixLibrary;

  constructor(context: RunContext, spec: Extract<WorkloadSpec, { kind: "long" }>, rng: Rng) {
    this.#context = context;
    this.#spec = spec;
    this.#rng = rng;
    this.#lineages = new Lineages(context, spec, rng.fork("lineages"));
    this.#library = new PrefixLibrary(context, rng.fork("library"), (drawn) =>
      drawn.int(spec.tokens[0], spec.tokens[1]),
    );
  }

  next(): Prompt {
    const lineage = this.#lineages.next();
    const question = randomTokens(this.#rng, this.#rng.int(1, 2 * this.#context.prompts.blockSize(lineage.model)));
    return this.#library.extended(this.#rng.int(0, this.#spec.prompts - 1), lineage, question);
  }
}
