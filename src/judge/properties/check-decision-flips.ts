/**
 * decision-flips: in a group of dry runs of one prompt tagged `flip:<n>`, when the engine that holds most of it changes
 * (evicted on A, stored on B), the decision turns to B: from Δ after the change on, no dry run may choose another.
 * `flip_ms` is the time from the batch that made B the best to the first answer for B that was not taken back; `decision_ms` the time
 * to when that answer was decided, as far as the router tells and its time lies within the question's.
 */
import type { RouteRecord } from "../history/records.js";
import { throughoutPrefix } from "../truth/prefix.js";
import type { Standing, Survey } from "../truth/survey.js";
import type { Violation } from "../verdict.js";
import { heldPrefix } from "./latency-watch.js";
import { type JudgeContext, type Property, round, type Tally } from "./property.js";

const TAG = "flip:";

export const decisionFlips: Property = {
  id: "decision-flips",
  title: "the decision flips with the cache",
  kind: "scenario",
  timed: true,
  statement: "When another engine comes to hold most of a prompt, the decision turns to it within the staleness bound.",
  notApplicable: (run) => (run.sut.capabilities.route ? null : "the system under test answers no dry runs"),
  start(context, tally) {
    const groups = new Map<string, FlipGroup>();
    return {
      route(route) {
        if (route.tag?.startsWith(TAG) !== true || !route.dry || route.engine === undefined) return;
        let group = groups.get(route.tag);
        if (group === undefined) groups.set(route.tag, (group = new FlipGroup(context, tally, route.tag)));
        group.decided(route, route.engine);
      },
      finish() {
        for (const group of groups.values()) group.end();
      },
    };
  },
};

interface Best {
  readonly engine: string;
  readonly blocks: number;
  /** Emission of the batch that made it the best. */
  readonly since: number;
}

class FlipGroup {
  readonly #context: JudgeContext;
  readonly #tally: Tally;
  readonly #tag: string;
  #best: Best | null = null;
  /** Another engine was the best, or was chosen, before: so this is a flip and not the beginning. */
  #flipped = false;
  #others = false;
  #followed: RouteRecord | null = null;
  #overdue: Violation | null = null;

  constructor(context: JudgeContext, tally: Tally, tag: string) {
    this.#context = context;
    this.#tally = tally;
    this.#tag = tag;
  }

  decided(route: RouteRecord, chosen: string): void {
    const { truth } = this.#context;
    const survey = this.#context.survey(truth.prompts.get(route.prompt), route.chosenAt, route.chosenAt);
    const best = soleBest(survey);
    if (best?.engine !== this.#best?.engine) {
      this.end();
      this.#flipped = this.#others;
      this.#best = best;
      this.#followed = null;
      this.#overdue = null;
    }
    if (best === null) return;
    this.#others = true;
    if (chosen === best.engine) {
      this.#followed ??= route;
      return;
    }
    this.#flipped = true;
    this.#followed = null;
    const late = route.inv - best.since;
    if (late <= truth.bounds.stalenessNs || !truth.disturbances.calmEverywhere(route.inv)) return;
    this.#overdue ??= {
      at: route.chosenAt,
      engine: chosen,
      summary: `${this.#tag}: ${round(late / 1e6)} ms after ${best.engine} came to hold most of prompt ${route.prompt}, the decision was still ${chosen}`,
      proof: {
        prompt: route.prompt,
        bestSinceMs: this.#context.ms(best.since),
        askedAtMs: this.#context.ms(route.inv),
        held: Object.fromEntries(survey.standings.map((s) => [s.engine.name, s.possible])),
        chosen,
      },
    };
  }

  end(): void {
    const [best, followed] = [this.#best, this.#followed];
    if (best === null || !this.#flipped) return;
    if (this.#overdue !== null) {
      this.#tally.opportunity();
      this.#tally.violate(this.#overdue);
    } else if (followed !== null) {
      const { measures } = this.#context;
      this.#tally.opportunity();
      measures.record("flip_ms", followed.chosenAt - best.since, best.since);
      const decidedAt = decisionTime(followed);
      // Decided before: it happened to prefer B already, and the change brought nothing about.
      if (decidedAt !== null && decidedAt >= best.since)
        measures.record("decision_ms", decidedAt - best.since, best.since);
    }
  }
}

/** Null when the router told none, or one that cannot be: before it was asked, or after it had answered. */
function decisionTime({ inv, ret, decidedAt }: RouteRecord): number | null {
  return decidedAt !== undefined && decidedAt >= inv && decidedAt <= ret ? decidedAt : null;
}

/** The one engine that now holds most of the prompt; null when there is none or several do. */
function soleBest(survey: Survey): Best | null {
  let best: Standing | null = null;
  let tied = true;
  let since = Number.NEGATIVE_INFINITY;
  for (const standing of survey.standings) {
    const blocks = heldNow(standing, survey);
    const most = best === null ? 0 : heldNow(best, survey);
    if (blocks > most) [best, tied] = [standing, false];
    else if (blocks === most) tied = true;
    const held = heldPrefix(standing, survey);
    since = Math.max(since, held.since, held.lostAt ?? Number.NEGATIVE_INFINITY);
  }
  if (best === null || tied) return null;
  return { engine: best.engine.name, blocks: heldNow(best, survey), since };
}

function heldNow(standing: Standing, survey: Survey): number {
  const { chain, prompt, window } = survey;
  return standing.best((holder) => throughoutPrefix(holder, chain, prompt.blocks, window.to, window.to));
}
