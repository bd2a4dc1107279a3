/**
 * C1 convergence: let h be the last disturbance (an engine published, a fault was still in force, a member, life or adapter
 * changed). From some moment no later than h + ρ every answer is exactly the truth, and stays so. Every quiet stretch of the
 * run is held to it; it counts as an opportunity if it was probed for convergence, asked something after ρ, or is the last
 * one. Catches every kind of lost update, whatever lost it.
 */
import type { QueryRecord } from "../history/records.js";
import type { Standing } from "../truth/survey.js";
import type { Violation } from "../verdict.js";
import { type Answer, type JudgeContext, needsEvents, type Property, round, type Tally } from "./property.js";

export const convergence: Property = {
  id: "C1",
  title: "convergence",
  kind: "eventually",
  statement: "Within the recovery bound after the last disturbance, every answer equals the truth, and stays so.",
  notApplicable: needsEvents,
  start(context, tally) {
    const quiet = new QuietStretch(context, tally);
    return {
      ledger: (entry) => quiet.disturbed(entry.at),
      member: (record) => quiet.disturbed(record.at),
      engine: (record) => quiet.disturbed(record.at),
      adapter: (record) => quiet.disturbed(record.at),
      fault: (record) => quiet.disturbed(record.at),
      answer: (answer) => quiet.answered(answer),
      finish: () => quiet.finish(),
    };
  },
};

interface Difference {
  readonly standing: Standing;
  readonly missing: number;
  readonly extra: number;
}

class QuietStretch {
  readonly #context: JudgeContext;
  readonly #tally: Tally;
  #since = Number.NEGATIVE_INFINITY;
  /** Exact answers, about prompts that say something, since the last wrong one. */
  #exact = 0;
  #firstExactAt = 0;
  /** One of them was meant to find out, or asked after the recovery bound: the stretch counts even if it is not the last. */
  #proven = false;
  /** Somebody kept asking from the beginning, so that the first exact answer tells when it converged. */
  #probed = false;
  #lastWrong: Violation | null = null;
  #missing = 0;
  #extra = 0;

  constructor(context: JudgeContext, tally: Tally) {
    this.#context = context;
    this.#tally = tally;
  }

  disturbed(at: number): void {
    if (this.#proven) this.#converged();
    this.#proven = false;
    this.#probed = false;
    this.#since = at;
    this.#exact = 0;
    this.#lastWrong = null;
  }

  answered(answer: Answer): void {
    const { query, prompt } = answer;
    if (query.inv <= this.#since || this.#context.truth.disturbances.active) return;
    this.#probed ||= query.probe === "converge";
    const survey = this.#context.survey(prompt, query.inv, query.ret, query.answer);
    let speaks = false;
    let worst: Difference | null = null;
    for (const standing of survey.standings) {
      speaks ||= standing.claimed > 0 || standing.certain > 0;
      const difference = differs(standing);
      if (difference !== null && size(difference) >= size(worst)) worst = difference;
    }
    if (worst !== null) this.#wrong(query, worst);
    else if (speaks) {
      if (this.#exact++ === 0) this.#firstExactAt = query.ret;
      this.#proven ||= query.probe === "converge" || query.inv >= this.#since + this.#context.truth.bounds.recoveryNs;
    }
  }

  finish(): void {
    const { bounds } = this.#context.truth;
    if (this.#exact > 0) this.#converged();
    else if (this.#lastWrong !== null && this.#lastWrong.at < this.#since + bounds.recoveryNs) {
      this.#tally.opportunity();
      this.#tally.unknownBecause = `the last answer was still wrong when the run ended, before the recovery bound of ${bounds.recoveryNs / 1e6} ms`;
    }
    this.#tally.measured.missing_blocks = this.#missing;
    this.#tally.measured.extra_blocks = this.#extra;
  }

  #converged(): void {
    for (let i = 0; i < this.#exact; i++) this.#tally.opportunity();
    if (!this.#probed) return;
    const took = this.#firstExactAt - this.#since;
    this.#context.measures.record("converge_ms", took);
    this.#tally.measured.time_to_converge_ms = round(took / 1e6);
  }

  #wrong(query: QueryRecord, difference: Difference): void {
    const { engine } = difference.standing;
    this.#missing += difference.missing;
    this.#extra += difference.extra;
    this.#exact = 0;
    this.#proven = false;
    const late = query.inv - this.#since;
    this.#lastWrong = {
      at: query.inv,
      engine: engine.name,
      summary:
        `${round(late / 1e6)} ms after the last disturbance the answer for prompt ${query.prompt} still gave ${engine.name} ` +
        `${difference.standing.claimed} blocks; it held ${difference.standing.possible}`,
      proof: {
        prompt: query.prompt,
        lastDisturbanceMs: this.#context.ms(this.#since),
        askedAtMs: this.#context.ms(query.inv),
        claimed: difference.standing.claimed,
        held: difference.standing.possible,
        missing: difference.missing,
        extra: difference.extra,
      },
    };
    if (late < this.#context.truth.bounds.recoveryNs) return;
    this.#tally.opportunity();
    this.#tally.violate(this.#lastWrong);
  }
}

/** How the answer differs from what the engine has, now that nothing changes; null when it does not. */
function differs(standing: Standing): Difference | null {
  const { engine, claimed } = standing;
  if (!engine.publishes) return null;
  const mustBe = engine.member ? standing.certain : 0;
  const mayBe = engine.member ? standing.possible : 0;
  // A member that is down: nobody told the system, and silence looks the same as idleness.
  if (engine.member && !(engine.alive && engine.ready)) return null;
  // One that stands still answers nobody: to give it no credit is no mistake.
  if (claimed < mustBe && engine.frozen) return null;
  if (claimed < mustBe) return { standing, missing: mustBe - claimed, extra: 0 };
  return claimed > mayBe ? { standing, missing: 0, extra: claimed - mayBe } : null;
}

function size(difference: Difference | null): number {
  return difference === null ? 0 : difference.missing + difference.extra;
}
