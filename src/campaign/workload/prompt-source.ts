/** Where a workload's prompts come from; one implementation per kind. */
import type { Rng } from "../../base/rng.js";
import type { Prompt } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { LongPrompts } from "./long.js";
import { MultiTurn } from "./multi-turn.js";
import { SharedPrefix } from "./shared-prefix.js";
import { UniquePrompts } from "./unique.js";

export interface PromptSource {
  next(): Prompt;
  /** The prompt was answered with these tokens. */
  answered?(prompt: Prompt, output: readonly number[]): void;
}

export function promptSource(context: RunContext, spec: WorkloadSpec, rng: Rng): PromptSource {
  switch (spec.kind) {
    case "shared-prefix":
      return new SharedPrefix(context, spec, rng);
    case "multi-turn":
      return new MultiTurn(context, spec, rng);
    case "unique":
      return new UniquePrompts(context, spec, rng);
    case "long":
      return new LongPrompts(context, spec, rng);
  }
}
