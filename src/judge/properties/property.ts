/**
 * A property: one statement about a run, and a checker that looks for its violation as the sweep goes through the history.
 * Checkers see a record after the truth has taken it in, so everything up to the record's `at` is known.
 */
import type { HistoryRecord, QueryRecord, RouteRecord, RunRecord } from "../history/records.js";
import { MAX_PROOFS, type PropertyResult, type Violation } from "../verdict.js";
import type { Measures } from "../statistics/measures.js";
import type { Prompt } from "../truth/prompts.js";
import { Survey } from "../truth/survey.js";
import { MAX_QUESTION_NS, type Truth } from "../truth/truth.js";

export interface Property {
  readonly id: string;
  readonly title: string;
  readonly kind: PropertyResult["kind"];
  readonly statement: string;
  /** Violations are of the staleness bound Δ: processes that get no CPU break it, whatever they are made of (starvation.ts). */
  readonly timed?: true;
  /** Why this run cannot be asked for it; null when it can. */
  notApplicable?(run: RunRecord): string | null;
  start(context: JudgeContext, tally: Tally): Checker;
}

/** A query with an answer; `survey` spans [inv − Δ, ret]. */
export interface Answer {
  readonly query: QueryRecord;
  readonly prompt: Prompt;
  readonly survey: Survey;
}

/** What a checker wants to see: any kind of record, answered queries, the end. */
export type Checker = {
  readonly [K in HistoryRecord["k"]]?: (record: Extract<HistoryRecord, { k: K }>) => void;
} & {
  readonly answer?: (answer: Answer) => void;
  /** After the last record, which was at `endAt`. */
  readonly finish?: (endAt: number) => void;
};

export class Tally {
  opportunities = 0;
  violationCount = 0;
  /** Set to say why no verdict is possible although there were opportunities. */
  unknownBecause: string | null = null;
  readonly violations: Violation[] = [];
  readonly measured: Record<string, number | string> = {};

  opportunity(): void {
    this.opportunities++;
  }

  violate(violation: Violation): void {
    this.violationCount++;
    if (this.violations.length < MAX_PROOFS) this.violations.push(violation);
  }

  count(measure: string, by = 1): void {
    this.measured[measure] = Number(this.measured[measure] ?? 0) + by;
  }
}

/** What all checkers of one run share. */
export class JudgeContext {
  readonly run: RunRecord;
  readonly truth: Truth;
  readonly measures: Measures;
  constructor(run: RunRecord, truth: Truth, measures: Measures) {
    this.run = run;
    this.truth = truth;
    this.measures = measures;
  }

  survey(prompt: Prompt, from: number, to: number, claims?: Readonly<Record<string, number>>): Survey {
    return new Survey(this.truth, prompt, { from, to, gpuOnly: !this.run.sut.capabilities.tiers }, claims);
  }

  /** The answer against a window that begins earlier. */
  lookBack({ query, prompt, survey }: Answer, byNs: number): Survey {
    return this.survey(prompt, survey.window.from - byNs, query.ret, query.answer);
  }

  /**
   * What the engines had when a request was sent: [inv − Δ, inv], or to the decision where that is known (dry runs, the
   * runner's front). Null when too long ago.
   */
  surveyRoute(route: RouteRecord): Survey | null {
    if (route.ret - route.inv > MAX_QUESTION_NS) return null;
    const to = route.dry ? route.chosenAt : (route.decidedAt ?? route.inv);
    return this.survey(this.truth.prompts.get(route.prompt), route.inv - this.truth.bounds.stalenessNs, to);
  }

  /** Milliseconds of the run at time `at`, for proofs. */
  ms(at: number): number {
    return round((at - this.run.at) / 1e6);
  }
}

export function round(value: number, digits = 3): number {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : value;
}

export const needsMatch = (run: RunRecord): string | null =>
  run.sut.capabilities.match ? null : "the system under test answers no match queries";

/** For what only events can bring about. */
export const needsEvents = (run: RunRecord): string | null =>
  needsMatch(run) ?? (run.events === false ? "control run: the system under test gets no events" : null);

/** For where requests go: by its answers to dry runs and to the runner's front, or by its own front. */
export const needsRouting = (run: RunRecord): string | null =>
  run.sut.capabilities.route || run.sut.capabilities.proxy ? null : "the system under test makes no routing decisions";

/** The runner chose the engine itself, because the system under test does not: routing is observed, not judged. */
export function chosenByRunner(route: RouteRecord): boolean {
  return route.chosenBy === "runner";
}

/** All loads that the sender knew of were zero: nothing but the prefix can decide. */
export function unloaded(route: RouteRecord): boolean {
  return route.loads !== undefined && Object.values(route.loads).every((load) => load === 0);
}
