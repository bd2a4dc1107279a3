/** Many prompts that begin alike, as with system prompts and few-shot examples: a prefix and a tail of its own. */
import type { Rng } from "../../base/rng.js";
import { type Prompt, randomTokens } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { Lineages } from "./lineages.js";
import { PrefixLibrary } from "./prefix-library.js";
import type { PromptSource } from "./prompt-source.js";

export class SharedPrefix implements PromptSource {
  readonly #context: RunContext;
  readonly #spec: Extract<WorkloadSpec, { kind: "shared-prefix" }>;
  readonly #rng: Rng;
  readonly #lineages: Lineages;
  readonly #library: PrefixLibrary;

  constructor(context: RunContext, spec: Extract<WorkloadSpec, { kind: "shared-prefix" }>, rng: Rng) {
    this.#context = context;
    this.#spec = spec;
    this.#rng = rng;
    this.#lineages = new Lineages(context, spec, rng.fork("lineages"));
    this.#library = new PrefixLibrary(context, rng.fork("library"), (_, blockSize) => spec.prefix_blocks * blockSize);
  }

  next(): Prompt {
    const lineage = this.#lineages.next();
    const blockSize = this.#context.prompts.blockSize(lineage.model);
    const [low, high] = this.#spec.suffix_blocks;
    // Any length, block-aligned ones among them: those are the prompts whose last block vLLM stores twice.
    const suffix = this.#rng.int(low, high) * blockSize + this.#rng.int(0, blockSize - 1);
    return this.#library.extended(this.#rng.int(0, this.#spec.prefixes - 1), lineage, randomTokens(this.#rng, suffix));
  }
}
