/** From a trace on which a system answers wrong to the smallest one on which it still does. */
import { KvproofError, TimeoutError } from "../../base/errors.js";
import type { OpenTrace } from "../trace/trace-records.js";
import { fewerBlocks, fewerEvents, fewerSteps, shorterChains, type StillFails } from "./passes.js";
import { repaired } from "./repair.js";
import { type Scene, sceneOf } from "./scene.js";
import { simplified } from "./simplify.js";
import { type Failure, tryScene, type TrialOptions } from "./trial.js";

export interface ShrinkOptions extends TrialOptions {
  readonly maxTries: number;
  readonly maxMs: number;
  readonly progress: (line: string) => void;
}

export interface Shrunk {
  /** null = the system answered everything right. */
  readonly failure: Failure | null;
  readonly scene: Scene;
  readonly tries: number;
  /** Why it stopped early, if it did; what is left may then be smaller still. */
  readonly stopped: string | null;
  /** Of so many runs of the smallest scene so many failed. */
  readonly confirmed: { readonly runs: number; readonly failed: number };
}

/** Rounds of all passes; each ends when it removes nothing. */
const MAX_ROUNDS = 5;
const CONFIRMATIONS = 2;

/** Ends the search; what was found until then stands. */
class Enough extends Error {}

export async function shrink(trace: OpenTrace, options: ShrinkOptions): Promise<Shrunk> {
  const original = await sceneOf(trace);
  return new Search(original, options).run();
}

class Search {
  readonly #original: Scene;
  readonly #options: ShrinkOptions;
  readonly #deadline: number;
  /** What was tried, by its text: passes ask the same again. */
  readonly #known = new Map<string, boolean>();
  #tries = 0;
  #best: { readonly scene: Scene; readonly failure: Failure } | null = null;
  #repair = true;

  constructor(original: Scene, options: ShrinkOptions) {
    this.#original = original;
    this.#options = options;
    this.#deadline = performance.now() + options.maxMs;
  }

  async run(): Promise<Shrunk> {
    const first = await this.#first();
    if (first === null)
      return {
        failure: null,
        scene: this.#original,
        tries: this.#tries,
        stopped: null,
        confirmed: { runs: 0, failed: 0 },
      };
    this.#best = first;
    let stopped: string | null = null;
    try {
      await this.#reduce();
    } catch (thrown) {
      if (!(thrown instanceof Enough)) throw thrown;
      stopped = thrown.message;
    }
    const confirmed = await this.#confirm();
    const { failure, scene } = this.#best;
    return { failure, scene, tries: this.#tries, stopped, confirmed };
  }

  /** The trace without what engines do not send, or, if only that fails, the trace as it is. */
  async #first(): Promise<{ scene: Scene; failure: Failure } | null> {
    const sound = repaired(this.#original);
    const asIs = this.#original.steps.filter(({ events }) => events === null || events.length > 0);
    const untouched = sound.steps.length === asIs.length && sound.steps.every((step, i) => step === asIs[i]);
    for (const repair of untouched ? [true] : [true, false]) {
      const scene = repair ? sound : this.#original;
      if (scene.steps.length === 0) continue;
      const failure = await this.#try(scene);
      this.#repair = repair;
      if (failure !== null) return { scene, failure };
    }
    return null;
  }

  async #reduce(): Promise<void> {
    const fails: StillFails = (scene) => this.#fails(scene);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = sizeOf(this.#scene);
      for (const pass of [fewerSteps, fewerEvents, fewerBlocks, shorterChains, simplified])
        await pass(this.#scene, fails);
      if (sizeOf(this.#scene) === before) return;
    }
  }

  get #scene(): Scene {
    return (this.#best as { scene: Scene }).scene;
  }

  /** True keeps the scene as the best. Only failures of the first one's kind count: another defect is another search. */
  async #fails(candidate: Scene): Promise<boolean> {
    const scene = this.#repair ? repaired(candidate) : candidate;
    if (scene.steps.length === 0) return false;
    const key = textOf(scene);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#options.signal.aborted) throw new Enough("interrupted");
    if (this.#tries >= this.#options.maxTries)
      throw new Enough(`${this.#options.maxTries} tries are used up (--max-tries)`);
    if (performance.now() > this.#deadline) throw new Enough(`the time is used up (--max-time)`);
    const failure = await this.#try(scene).catch((thrown: unknown) => {
      if (isInterruption(thrown)) throw new Enough("interrupted");
      // It did not come up in time, this once: that is not what is being looked for.
      if (thrown instanceof TimeoutError) return null;
      throw thrown;
    });
    const counts = failure !== null && failure.kind === this.#best?.failure.kind;
    this.#known.set(key, counts);
    if (counts) this.#best = { scene, failure };
    this.#options.progress(`try ${this.#tries}: ${describe(scene)} ${counts ? "still fails" : "does not"}`);
    return counts;
  }

  /** The smallest scene again: a defect that shows only now and then is told by how often. */
  async #confirm(): Promise<{ runs: number; failed: number }> {
    let failed = 1;
    let runs = 1;
    while (runs <= CONFIRMATIONS && !this.#options.signal.aborted) {
      const failure = await this.#try(this.#scene).catch(whenInterrupted);
      if (failure === undefined) break;
      runs++;
      if (failure !== null) failed++;
    }
    return { runs, failed };
  }

  async #try(scene: Scene): Promise<Failure | null> {
    this.#tries++;
    return tryScene(scene, this.#options);
  }
}

/** undefined = the try was cut short, and says nothing. */
function whenInterrupted(thrown: unknown): undefined {
  if (!isInterruption(thrown)) throw thrown;
}

function isInterruption(thrown: unknown): boolean {
  return thrown instanceof KvproofError && thrown.code === "KVP_E_INTERRUPTED";
}

function describe({ steps }: Scene): string {
  const events = steps.reduce((sum, step) => sum + (step.events?.length ?? 1), 0);
  return `${steps.length} batches, ${events} events`;
}

function sizeOf(scene: Scene): number {
  return textOf(scene).length;
}

function textOf({ steps }: Scene): string {
  const plain = steps.map(({ stream, life, events, payload }) => [
    stream,
    life,
    events ?? Buffer.from(payload ?? []).toString("hex"),
  ]);
  return JSON.stringify(plain, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
  );
}
