/** Conversations: each turn sends all that was said before, the engine's own answers included, and something new. */
import type { Rng } from "../../base/rng.js";
import { type Prompt, type PromptLineage, randomTokens } from "../run/prompt-book.js";
import type { RunContext } from "../run/run-context.js";
import type { WorkloadSpec } from "../schema/load.js";
import { Lineages } from "./lineages.js";
import type { PromptSource } from "./prompt-source.js";

interface Session {
  readonly lineage: PromptLineage;
  turns: number;
  last: Prompt | null;
  /** What the engine answered to the last turn; unknown when it has not answered yet: the open loop does not wait. */
  output: readonly number[];
}

export class MultiTurn implements PromptSource {
  readonly #context: RunContext;
  readonly #spec: Extract<WorkloadSpec, { kind: "multi-turn" }>;
  readonly #rng: Rng;
  readonly #lineages: Lineages;
  readonly #sessions: (Session | undefined)[];

  constructor(context: RunContext, spec: Extract<WorkloadSpec, { kind: "multi-turn" }>, rng: Rng) {
    this.#context = context;
    this.#spec = spec;
    this.#rng = rng;
    this.#lineages = new Lineages(context, spec, rng.fork("lineages"));
    this.#sessions = Array.from({ length: spec.sessions });
  }

  next(): Prompt {
    const index = this.#rng.int(0, this.#sessions.length - 1);
    let session = this.#sessions[index];
    if (session === undefined || session.turns >= this.#spec.turns || !this.#stillServed(session.lineage)) {
      session = { lineage: this.#lineages.next(), turns: 0, last: null, output: [] };
      this.#sessions[index] = session;
    }
    const { lineage, last, output } = session;
    const blockSize = this.#context.prompts.blockSize(lineage.model);
    const [low, high] = this.#spec.turn_blocks;
    const said = randomTokens(
      this.#rng,
      Math.max(1, this.#rng.int(low, high) * blockSize + this.#rng.int(0, blockSize - 1)),
    );
    const prompt = this.#context.prompts.add(lineage, [...(last?.tokens ?? []), ...output, ...said], last ?? undefined);
    session.turns++;
    session.last = prompt;
    session.output = [];
    return prompt;
  }

  answered(prompt: Prompt, output: readonly number[]): void {
    const session = this.#sessions.find((candidate) => candidate?.last === prompt);
    if (session !== undefined) session.output = output;
  }

  /** A conversation with an adapter ends when the adapter is unloaded or replaced. */
  #stillServed({ model, adapter }: PromptLineage): boolean {
    if (adapter === null) return true;
    return this.#context.fleet
      .settledAdapters(model, 0)
      .some(({ name, path }) => name === adapter.name && path === adapter.path);
  }
}
