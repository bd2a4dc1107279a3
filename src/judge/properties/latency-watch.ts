/**
 * Follows single changes of single engines through the answers of probes, until they show for good: no answer in the
 * recovery time after the first one that shows the change goes back on it.
 */
import type { ProbeKind } from "../history/records.js";
import type { MeasureName } from "../statistics/measures.js";
import { Flag, type Holder } from "../truth/holder.js";
import { certainPrefix, throughoutPrefix } from "../truth/prefix.js";
import type { Standing, Survey } from "../truth/survey.js";
import type { Violation } from "../verdict.js";
import { claimTooLittle, claimTooMuch } from "./proofs.js";
import { type Answer, type JudgeContext, round, type Tally } from "./property.js";

/** A change as the truth has it: the prefix that is left, and when the batch that made it so was emitted. */
export interface Change {
  readonly blocks: number;
  readonly emittedAt: number;
}

interface Watch {
  readonly change: Change;
  shownAt: number | null;
  /** Proof that it had not shown when it should have. */
  overdue: Violation | null;
}

/** One watch per prompt and engine at a time; a newer change of the same prefix ends the older watch. */
export class Watches {
  readonly #context: JudgeContext;
  readonly #tally: Tally;
  readonly #measure: MeasureName;
  readonly #word: "visible" | "gone";
  readonly #probe: ProbeKind;
  readonly #byPrompt = new Map<number, Map<number, Watch>>();
  #slowest = 0;

  constructor(context: JudgeContext, tally: Tally, measure: MeasureName, word: "visible" | "gone") {
    this.#context = context;
    this.#tally = tally;
    this.#measure = measure;
    this.#word = word;
    this.#probe = word === "visible" ? "visibility" : "invalidation";
  }

  /** The engines that this answer tells something about: the probe's target, and all watched for this prompt. */
  watched(answer: Answer): Standing[] {
    const watches = this.#byPrompt.get(answer.prompt.index);
    const target = answer.query.probe === this.#probe ? answer.query.target : undefined;
    if (watches === undefined && target === undefined) return [];
    return answer.survey.standings.filter((s) => s.engine.name === target || watches?.has(s.engine.index) === true);
  }

  /** `change` = the present state of the prefix, or null when there is nothing to watch; `shown` = the answer has it. */
  look(answer: Answer, standing: Standing, change: Change | null, shown: boolean): void {
    const { query, prompt } = answer;
    const watches = this.#byPrompt.get(prompt.index) ?? new Map<number, Watch>();
    let watch = watches.get(standing.engine.index);
    if (watch !== undefined && !same(watch.change, change)) {
      this.#end(standing.engine.name, watch);
      watches.delete(standing.engine.index);
      watch = undefined;
    }
    if (watch === undefined) {
      const { stalenessNs } = this.#context.truth.bounds;
      const inTime = change !== null && query.inv <= change.emittedAt + stalenessNs && standing.engine.alive;
      // Only the probe of this kind made such a change: what a removal leaves over is no store that came late.
      const begins = query.probe === this.#probe && query.target === standing.engine.name;
      if (change === null || !inTime || !begins) return;
      watch = { change, shownAt: null, overdue: null };
      watches.set(standing.engine.index, watch);
      this.#byPrompt.set(prompt.index, watches);
    }
    if (shown) watch.shownAt ??= query.ret;
    else this.#absent(answer, standing, watch);
    if (watch.shownAt === null || query.ret < watch.shownAt + this.#context.truth.bounds.recoveryNs) return;
    this.#end(standing.engine.name, watch);
    watches.delete(standing.engine.index);
  }

  finish(): void {
    for (const watches of this.#byPrompt.values()) {
      for (const [engine, watch] of watches) this.#end(this.#context.truth.engines[engine]?.name ?? "", watch);
    }
    if (this.#slowest > 0) this.#tally.measured.slowest_ms = round(this.#slowest / 1e6);
  }

  #absent(answer: Answer, standing: Standing, watch: Watch): void {
    watch.shownAt = null;
    const { query, survey } = answer;
    if (query.inv <= watch.change.emittedAt + this.#context.truth.bounds.stalenessNs) return;
    if (!survey.calm || !standing.settled || watch.overdue !== null) return;
    // An earlier removal that nobody could read may have left consumers a copy too many.
    if (this.#word === "gone" && standing.claimed <= standing.possible) return;
    const late = round((query.inv - watch.change.emittedAt) / 1e6);
    watch.overdue =
      this.#word === "visible"
        ? claimTooLittle(
            this.#context,
            answer,
            standing,
            `${watch.change.blocks} were stored ${late} ms before it was asked`,
          )
        : claimTooMuch(this.#context, answer, standing, {
            blocks: watch.change.blocks,
            said: `what lies beyond was removed ${late} ms before it was asked, leaving`,
          });
  }

  #end(engine: string, watch: Watch): void {
    if (watch.shownAt !== null) {
      const took = watch.shownAt - watch.change.emittedAt;
      this.#tally.opportunity();
      this.#context.measures.record(this.#measure, took, watch.change.emittedAt);
      if (took > this.#slowest) {
        this.#slowest = took;
        this.#tally.measured.slowest_engine = engine;
      }
    } else if (watch.overdue !== null) {
      this.#tally.opportunity();
      this.#tally.violate(watch.overdue);
    }
  }
}

function same(a: Change, b: Change | null): boolean {
  return b !== null && a.blocks === b.blocks && a.emittedAt === b.emittedAt;
}

export interface HeldPrefix {
  /** Blocks held. */
  readonly blocks: number;
  /** Of them, those whose stores consumers could hear of; and since when all of these are held. */
  readonly knowable: number;
  readonly since: number;
  /** When the next block was lost, so that consumers could know; undefined when it was not. */
  readonly lostAt: number | undefined;
}

/** What the engine's best rank holds now. */
export function heldPrefix(standing: Standing, survey: Survey): HeldPrefix {
  const { chain, prompt, window } = survey;
  let best: Holder | undefined;
  let blocks = -1;
  for (const { holder } of standing.engine.streams) {
    const held = throughoutPrefix(holder, chain, prompt.blocks, window.to, window.to);
    if (held > blocks) [best, blocks] = [holder, held];
  }
  if (best === undefined) return { blocks: 0, knowable: 0, since: 0, lostAt: undefined };
  const knowable = certainPrefix(best, chain, blocks, { ...window, from: window.to }, standing.lostBefore(best));
  let since = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < knowable; i++) since = Math.max(since, best.heldSince(best.entry(chain[i] as number)) ?? since);
  const next = blocks < prompt.blocks ? best.entry(chain[blocks] as number) : -1;
  const lost = next >= 0 && (best.flags(next) & Flag.overstated) === 0;
  return { blocks, knowable, since, lostAt: lost ? best.lostAt(next) : undefined };
}
