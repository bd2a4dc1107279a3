/**
 * O1 honest metrics: per stream, the counters only grow, what was done with batches never exceeds what was received, and once
 * the stream has been quiet for δ_gap the sum agrees: received = applied + duplicate + rejected + dropped. Against the
 * ledger: no more applied than sent (unless an index was rebuilt, which purges tell); and for an engine with one life, a
 * replay and no fault, nothing sent is unaccounted for. Catches counters that are never set, set twice, or made equal by
 * construction.
 */
import { type CounterRecord, sutBeganAnew } from "../history/records.js";
import type { EngineState, StreamTruth } from "../truth/engine-state.js";
import { type JudgeContext, type Property, type Tally } from "./property.js";

export const honestMetrics: Property = {
  id: "O1",
  title: "honest metrics",
  kind: "always",
  statement: "The counters agree with each other and with what the engines sent.",
  notApplicable: (run) => (run.sut.capabilities.metrics ? null : "the system under test has no counters"),
  start(context, tally) {
    const last = new Map<string, CounterRecord>();
    const rebuilt = new Set<string>();
    const key = (record: { engine: string; rank: number }): string => `${record.engine}#${record.rank}`;
    const check = new CounterCheck(context, tally);
    return {
      stream(record) {
        if (record.purges > 0) rebuilt.add(key(record));
      },
      member(record) {
        for (const [stream, sample] of last) if (sample.engine === record.engine) last.delete(stream);
      },
      mark(record) {
        if (sutBeganAnew(record)) last.clear();
      },
      counters(now) {
        const before = last.get(key(now));
        last.set(key(now), now);
        check.sample(before, now, rebuilt.has(key(now)));
      },
      /** Before everybody leaves is the last moment at which the accounts are whole. */
      phase(record) {
        if (record.name === "drain") for (const [stream, sample] of last) check.atTheEnd(sample, rebuilt.has(stream));
      },
      finish() {
        for (const [stream, sample] of last) check.atTheEnd(sample, rebuilt.has(stream));
      },
    };
  },
};

class CounterCheck {
  readonly #context: JudgeContext;
  readonly #tally: Tally;

  constructor(context: JudgeContext, tally: Tally) {
    this.#context = context;
    this.#tally = tally;
  }

  sample(before: CounterRecord | undefined, now: CounterRecord, rebuilt: boolean): void {
    if (now.received === 0 && before === undefined) return;
    this.#tally.opportunity();
    if (done(now) > now.received) this.#wrong(now, `accounts for ${done(now)} batches but received ${now.received}`);
    // A system that was restarted counts from 0 again; anything else never counts backwards.
    if (before !== undefined && now.received > 0 && now.received < before.received) {
      this.#wrong(now, `counted ${before.received} received batches before and ${now.received} now`, before);
    }
    const sent = this.#stream(now)?.sentBatches ?? 0;
    if (!rebuilt && now.applied > sent) this.#wrong(now, `applied ${now.applied} batches; the engine sent ${sent}`);
  }

  atTheEnd(now: CounterRecord, rebuilt: boolean): void {
    const engine = this.#context.truth.engine(now.engine);
    const stream = this.#stream(now);
    if (engine === undefined || stream === undefined) return;
    const { bounds } = this.#context.truth;
    if (stream.sentBatches === 0 || now.at < stream.lastEmitAt + bounds.gapNs) return;
    this.#tally.opportunity();
    if (done(now) !== now.received) {
      this.#wrong(
        now,
        `received ${now.received} batches and accounts for ${done(now)}, long after the last one was sent`,
      );
    }
    const expected = stream.sentBatches;
    if (rebuilt || !this.#lossless(engine)) return;
    const accounted = now.applied + now.rejected + now.dropped;
    if (accounted < expected) this.#wrong(now, `accounts for ${accounted} of the ${expected} batches the engine sent`);
  }

  /** Nothing can excuse a missing batch: one life, replay, no fault at any time, events on. */
  #lossless(engine: EngineState): boolean {
    const { run, truth } = this.#context;
    const undisturbed = truth.disturbances.recoveredBy(engine.name, Number.NEGATIVE_INFINITY);
    return engine.lives === 1 && engine.alive && engine.member && engine.replays && undisturbed && run.events !== false;
  }

  #stream(record: CounterRecord): StreamTruth | undefined {
    return this.#context.truth.engine(record.engine)?.streams[record.rank];
  }

  #wrong(now: CounterRecord, what: string, before?: CounterRecord): void {
    this.#tally.violate({
      at: now.at,
      engine: now.engine,
      summary: `at ${this.#context.ms(now.at)} ms stream ${now.engine} rank ${now.rank} ${what}`,
      proof: { now, ...(before === undefined ? {} : { before }), sent: this.#stream(now)?.sentBatches ?? 0 },
    });
  }
}

function done(counters: CounterRecord): number {
  return counters.applied + counters.duplicate + counters.rejected + counters.dropped;
}
