/** What every engine that could answer a prompt had of it during one window; with the answer's claims beside it. */
import type { EngineState } from "./engine-state.js";
import type { Holder } from "./holder.js";
import { certainPrefix, everPrefix, lifePrefix, possiblePrefix, togetherPrefix } from "./prefix.js";
import type { Prompt } from "./prompts.js";
import type { Truth } from "./truth.js";

export interface Window {
  readonly from: number;
  readonly to: number;
  /** Blocks outside the GPU are not demanded (the system under test does not keep tiers apart). */
  readonly gpuOnly: boolean;
}

/** One engine's part of a survey. Prefix lengths in blocks, each that of the engine's best rank. */
export class Standing {
  readonly engine: EngineState;
  /** Leading blocks that the answer claims; 0 when it does not name the engine. */
  readonly claimed: number;
  /** What the previous answer about this prompt and engine claimed, and when it was asked; -1 = none. */
  previouslyClaimed = -1;
  previouslyAskedAt = 0;
  /** Each block held at some moment of the window. */
  readonly possible: number;
  /** Each block held throughout the window, and knowable. */
  readonly certain: number;
  /** The engine's own life and membership leave no excuse for an outdated answer. */
  readonly settled: boolean;
  readonly #survey: Survey;

  constructor(survey: Survey, engine: EngineState, claimed: number) {
    this.#survey = survey;
    this.engine = engine;
    this.claimed = claimed;
    const { chain, prompt, window } = survey;
    let possible = 0;
    let certain = 0;
    for (const { holder } of engine.streams) {
      const sure = certainPrefix(holder, chain, prompt.blocks, window, this.lostBefore(holder));
      if (sure > certain) certain = sure;
      const held = possiblePrefix(holder, chain, prompt.blocks, window.from, window.to, sure);
      if (held > possible) possible = held;
    }
    this.possible = possible;
    this.certain = certain;
    this.settled = engine.settled(window.from, prompt.adapter);
  }

  /** Held at some time of the run, in any life. */
  ever(): number {
    return this.best((s) => everPrefix(s, this.#survey.chain, this.#survey.prompt.blocks));
  }

  /** Held at some time of the engine's present life. */
  inLife(): number {
    return this.best((s) => lifePrefix(s, this.#survey.chain, this.#survey.prompt.blocks));
  }

  /** Of the first `limit` blocks, those held and knowable at every moment from `since` to the end of the window. */
  keptSince(since: number, limit: number): number {
    const { chain, window } = this.#survey;
    return this.best((s) => certainPrefix(s, chain, limit, { ...window, from: since }, this.lostBefore(s)));
  }

  /** What the rank stored until this moment may be unknown to every consumer. */
  lostBefore(holder: Holder): number {
    const { engine } = this;
    return Math.max(engine.lostBefore, engine.adapterForgottenAt(this.#survey.prompt.adapter), holder.lostBefore);
  }

  /** All blocks held at one moment of the window. */
  together(): number {
    const { chain, prompt, window } = this.#survey;
    return this.best((s) => togetherPrefix(s, chain, prompt.blocks, window.from, window.to));
  }

  /** The longest over all ranks. */
  best(length: (holder: Holder) => number): number {
    let best = 0;
    for (const { holder } of this.engine.streams) best = Math.max(best, length(holder));
    return best;
  }
}

export class Survey {
  readonly prompt: Prompt;
  readonly chain: Int32Array;
  readonly window: Window;
  /** No fault meets the window or the recovery time before it. */
  readonly calm: boolean;
  readonly standings: Standing[] = [];
  /** Claims about engines that the run never had. */
  readonly strangers: { readonly name: string; readonly claimed: number }[] = [];

  constructor(truth: Truth, prompt: Prompt, window: Window, claims: Readonly<Record<string, number>> = {}) {
    this.prompt = prompt;
    this.chain = truth.prompts.chain(prompt);
    this.window = window;
    this.calm = truth.disturbances.calmEverywhere(window.from);
    const peers = truth.enginesOf(prompt.model);
    for (const engine of peers) this.standings.push(new Standing(this, engine, claims[engine.name] ?? 0));
    for (const name in claims) {
      const claimed = claims[name] as number;
      const engine = truth.engine(name);
      if (engine === undefined) this.strangers.push({ name, claimed });
      else if (!peers.includes(engine)) this.standings.push(new Standing(this, engine, claimed));
    }
  }

  of(engine: string): Standing | undefined {
    return this.standings.find((s) => s.engine.name === engine);
  }
}
