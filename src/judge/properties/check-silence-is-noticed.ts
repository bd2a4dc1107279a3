/**
 * silence-is-noticed (B2, liveness of others): while engines cannot be heard (cut off, frozen), the system says so of them within the
 * silence bound and of nobody else, and goes on knowing what the others hold. From that bound after a fault's first effect
 * until its recovery, no stream of an engine that it is aimed at is `live`; all through the fault, answers give engines that no
 * fault touches what they certainly hold. Catches half-open connections that nobody watches, and one dead peer that stops the
 * work on all. For scenarios whose partitions and pauses keep the event stream from being heard.
 */
import type { FaultRecord, StreamRecord } from "../history/records.js";
import { claimTooLittle } from "./proofs.js";
import { type Answer, type JudgeContext, needsEvents, type Property, type Tally } from "./property.js";

const SILENCES = /^(link\.(partition|half-open)|process\.pause|engine\.freeze)$/;
const ENGINE_PREFIX = "engines/";
const DEFAULT_SILENCE_NS = 5e9;

export const silenceIsNoticed: Property = {
  id: "silence-is-noticed",
  title: "silence is noticed, and concerns nobody else",
  kind: "scenario",
  timed: true,
  statement: "An engine that cannot be heard is not called live for long, and the others are known as before.",
  notApplicable: (run) =>
    needsEvents(run) ?? (run.sut.capabilities.streams ? null : "the system under test does not report its streams"),
  start(context, tally) {
    const silences = new Map<string, Silence>();
    return {
      fault(record) {
        if (!SILENCES.test(record.fault)) return;
        const silence = silences.get(record.id);
        if (silence === undefined) silences.set(record.id, new Silence(context, record));
        else silence.note(record);
      },
      stream(record) {
        for (const silence of silences.values()) silence.stream(record, tally);
      },
      answer(answer) {
        for (const silence of silences.values()) if (silence.inForce) othersKnown(context, tally, answer);
      },
    };
  },
};

class Silence {
  readonly #context: JudgeContext;
  readonly #fault: string;
  readonly #engines: readonly string[];
  readonly #boundNs: number;
  #effectiveAt = Number.POSITIVE_INFINITY;
  #over = false;

  constructor(context: JudgeContext, { fault, targets }: FaultRecord) {
    this.#context = context;
    this.#fault = fault;
    const named = targets.filter((target) => target.startsWith(ENGINE_PREFIX));
    this.#engines = named.map((target) => target.slice(ENGINE_PREFIX.length));
    this.#boundNs = context.truth.bounds.silenceNs ?? DEFAULT_SILENCE_NS;
  }

  get inForce(): boolean {
    return !this.#over && this.#effectiveAt !== Number.POSITIVE_INFINITY;
  }

  note({ event, at }: FaultRecord): void {
    if (event === "effective") this.#effectiveAt = Math.min(this.#effectiveAt, at);
    else if (event !== "injected") this.#over = true;
  }

  stream({ at, engine, rank, state }: StreamRecord, tally: Tally): void {
    if (!this.inForce || at < this.#effectiveAt + this.#boundNs || !this.#engines.includes(engine)) return;
    tally.opportunity();
    if (state !== "live") return;
    const since = this.#context.ms(this.#effectiveAt);
    tally.violate({
      at,
      engine,
      summary: `at ${this.#context.ms(at)} ms the stream of ${engine} was called live; ${this.#fault} keeps it from being heard since ${since} ms`,
      proof: { rank, state, silentSinceMs: since, boundMs: this.#boundNs / 1e6 },
    });
  }
}

function othersKnown(context: JudgeContext, tally: Tally, answer: Answer): void {
  const { survey } = answer;
  for (const standing of survey.standings) {
    const { engine, certain, claimed } = standing;
    if (certain === 0 || !standing.settled || engine.model !== survey.prompt.model) continue;
    if (!context.truth.disturbances.calmFor(engine.name, survey.window.from)) continue;
    tally.opportunity();
    if (claimed >= certain) continue;
    const why = `it held ${certain} throughout the window, and no fault touches it`;
    tally.violate(claimTooLittle(context, answer, standing, why));
  }
}
