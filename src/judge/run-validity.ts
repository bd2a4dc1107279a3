/**
 * V1 non-vacuity: whether the run proves what its verdicts say. Every property that was required had the opportunities that
 * were required; every fault had an effect and was recovered; required marks happened; the load generator kept its
 * schedule; every ledger is continuous, so that the truth is true; no engine ended or fell silent by itself; the run reached its end.
 */
import { NS_PER_MS } from "../base/clock.js";
import type {
  EngineRecord,
  FaultRecord,
  GeneratorRecord,
  MarkRecord,
  QueryRecord,
  RunRecord,
} from "./history/records.js";
import { BASE_REQUIREMENTS, PROPERTY_IDS, VALIDITY_ID } from "./properties/catalogue.js";
import type { Checker, JudgeContext } from "./properties/property.js";
import { MAX_PROOFS, type PropertyResult, type Violation } from "./verdict.js";

/** A generator that is late by more than this share of what was measured measured itself... */
const LATENESS_SHARE = 0.5;
/** ... unless it was late by no more than this, or than the answers themselves may be (Δ). */
const LATENESS_FLOOR_MS = 100;
/** Share of the offered load that must have been sent. */
const SENT_SHARE = 0.95;
/** Share of the questions outside faults that may go unanswered. */
const REFUSED_SHARE = 0.5;

/**
 * While something is broken, and while its backlog is worked off, a broken system holds requests back, and a starved machine
 * the generator itself. It is reported, and requests count from when they were due; it makes no run unknown.
 */
const BROKEN_PHASES: ReadonlySet<string> = new Set(["fault", "heal"]);

export class RunValidity {
  readonly #context: JudgeContext;
  readonly #faults = new Map<string, { record: FaultRecord; effective: boolean; recovered: boolean }>();
  readonly #marks = new Set<string>();
  readonly #generators: GeneratorRecord[] = [];
  readonly #exits: EngineRecord[] = [];
  readonly #unasked: MarkRecord[] = [];
  #questions = 0;
  #refused = 0;
  #lastRefusal = "";
  #ended = false;
  #checked = 0;

  constructor(context: JudgeContext) {
    this.#context = context;
  }

  readonly checker: Checker = {
    fault: (record) => this.#fault(record),
    mark: (record) => this.#mark(record),
    query: (record) => this.#question(record),
    generator: (record) => void this.#generators.push(record),
    engine: (record) => {
      if (record.unexpected === true) this.#exits.push(record);
    },
    phase: (record) => {
      if (record.name === "end") this.#ended = true;
    },
  };

  /** What happened although nobody in the run did it, as people are told beside what it broke. */
  get unasked(): readonly string[] {
    const ended = new Set(this.#exits.map((exit) => exit.engine));
    const told = new Set(this.#unasked.map(({ detail, name }) => detail ?? name));
    return [...[...ended].map((engine) => `${engine} ended unexpectedly`), ...told];
  }

  get truthIsBroken(): boolean {
    return this.#context.truth.continuity.problemCount > 0;
  }

  /** `results` = what the other properties found. */
  result(results: readonly PropertyResult[]): PropertyResult {
    this.#checked = 0;
    const doubts = [
      ...this.#opportunities(results),
      ...this.#answers(results),
      ...this.#ledgers(),
      ...this.#engineExits(),
      ...this.#outsideHands(),
      ...this.#effects(),
      ...this.#requiredMarks(),
      ...this.#generatorLoad(),
      ...this.#end(),
    ];
    const failures = this.#unrecovered();
    const measured = this.#loadWhileBroken();
    const verdict = failures.length > 0 ? "fail" : doubts.length > 0 ? "unknown" : "pass";
    return {
      id: VALIDITY_ID,
      title: "non-vacuity",
      kind: "meta",
      statement: "The run exercised what it claims to prove, on a truth that can be trusted.",
      verdict,
      opportunities: this.#checked,
      required: 1,
      violationCount: failures.length,
      violations: failures.slice(0, MAX_PROOFS),
      ...(doubts.length === 0 ? {} : { reason: doubts.join("; ") }),
      ...(Object.keys(measured).length === 0 ? {} : { measured }),
    };
  }

  /** Questions during a fault may fail. */
  #question({ error, inv }: QueryRecord): void {
    if (!this.#context.truth.disturbances.calmEverywhere(inv)) return;
    this.#questions++;
    if (error === undefined) return;
    this.#refused++;
    this.#lastRefusal = error;
  }

  #mark(record: MarkRecord): void {
    this.#marks.add(record.name);
    if (record.unasked === true && this.#context.truth.disturbances.calmEverywhere(record.at))
      this.#unasked.push(record);
  }

  #fault(record: FaultRecord): void {
    const fault = this.#faults.get(record.id) ?? { record, effective: false, recovered: false };
    if (record.event === "effective") fault.effective = true;
    if (record.event === "recovered") fault.recovered = true;
    if (record.event === "failed" || record.event === "injected") fault.record = record;
    this.#faults.set(record.id, fault);
  }

  *#opportunities(results: readonly PropertyResult[]): Generator<string> {
    const { run } = this.#context;
    for (const id of Object.keys(run.opportunities)) {
      if (!PROPERTY_IDS.includes(id)) yield `no property has the required id ${id}`;
    }
    for (const { id, required, opportunities, verdict } of results) {
      // What the system does not claim is not asked of it, whatever the scenario would like to see.
      if (required === 0 || verdict === "not-applicable") continue;
      this.#checked++;
      if (opportunities < required) yield `${id} was exercised ${opportunities} times, ${required} required`;
    }
  }

  /** A system that claims nothing, or answers nothing, cannot be found wrong. */
  *#answers(results: readonly PropertyResult[]): Generator<string> {
    this.#checked++;
    const { run } = this.#context;
    const nothing = !results.some(({ verdict, opportunities }) => verdict !== "not-applicable" && opportunities > 0);
    if (nothing) yield `nothing that ${run.sut.name} claims to do was exercised`;
    if (this.#refused <= this.#questions * REFUSED_SHARE) return;
    yield `${this.#refused} of ${this.#questions} questions got no answer; the last: ${this.#lastRefusal}`;
  }

  *#ledgers(): Generator<string> {
    const { continuity, engines } = this.#context.truth;
    this.#checked += engines.reduce((sum, engine) => sum + engine.streams.length, 0);
    if (continuity.problemCount === 0) return;
    const more = continuity.problemCount > 1 ? ` (and ${continuity.problemCount - 1} more)` : "";
    yield `the truth is broken: ${continuity.problems[0] ?? ""}${more}`;
  }

  *#engineExits(): Generator<string> {
    this.#checked += this.#context.truth.engines.length;
    for (const { engine, epoch, at } of this.#exits) {
      yield `engine ${engine} ended unexpectedly at ${this.#context.ms(at)} ms (epoch ${epoch})`;
    }
  }

  *#outsideHands(): Generator<string> {
    for (const { name, detail, at } of this.#unasked) yield `${detail ?? name}, since ${this.#context.ms(at)} ms`;
  }

  *#effects(): Generator<string> {
    for (const [id, { record, effective }] of this.#faults) {
      this.#checked++;
      if (!effective) yield `fault ${id} (${record.fault}) had no effect that its probe saw`;
    }
  }

  #unrecovered(): Violation[] {
    const left = [...this.#faults.values()].filter((fault) => !fault.recovered);
    return left.map(({ record }) => ({
      at: record.at,
      summary: `fault ${record.id} (${record.fault} on ${record.targets.join(", ")}) was not recovered: clean up by hand${record.event === "failed" && record.evidence !== undefined ? `: ${record.evidence}` : ""}`,
      proof: { fault: record.fault, targets: record.targets, evidence: record.evidence ?? null },
    }));
  }

  *#requiredMarks(): Generator<string> {
    for (const name of this.#context.run.requiredMarks) {
      this.#checked++;
      if (!this.#marks.has(name)) yield `"${name}" did not happen`;
    }
  }

  *#generatorLoad(): Generator<string> {
    for (const record of this.#generators) {
      if (record.phase === "warmup" || BROKEN_PHASES.has(record.phase)) continue;
      this.#checked++;
      const problem = this.#saturation(record);
      if (problem !== null) yield `generator saturated in ${record.phase}: ${problem}`;
    }
  }

  #loadWhileBroken(): Record<string, string> {
    const told: Record<string, string> = {};
    for (const record of this.#generators) {
      const problem = BROKEN_PHASES.has(record.phase) ? this.#saturation(record) : null;
      if (problem !== null) told[`load_in_${record.phase}`] = problem;
    }
    return told;
  }

  #saturation({ offered, sent, latenessP99Ms }: GeneratorRecord): string | null {
    const { measures, run } = this.#context;
    if (sent < offered * SENT_SHARE) return `sent ${sent} of ${offered}`;
    const floorMs = Math.max(LATENESS_FLOOR_MS, run.bounds.stalenessNs / NS_PER_MS);
    const served = measures.get("served_ms") ?? measures.get("query_ms");
    const limitMs = Math.max(floorMs, LATENESS_SHARE * (served?.percentileMs(99) ?? 0));
    if (latenessP99Ms <= limitMs) return null;
    return `late by ${Math.round(latenessP99Ms)} ms (p99), limit ${Math.round(limitMs)} ms`;
  }

  *#end(): Generator<string> {
    this.#checked++;
    if (!this.#ended) yield "the history does not reach the end of the run";
  }
}

/** Fewest opportunities that `id` needs in this run; 0 = it may stay idle. */
export function requiredOpportunities(run: RunRecord, id: string): number {
  const asked = run.opportunities[id];
  if (asked !== undefined) return asked;
  if (run.checks.includes(id)) return 1;
  const base = run.sut.capabilities.match && run.events !== false && BASE_REQUIREMENTS.includes(id);
  return base ? 1 : 0;
}
