/**
 * fault-is-told: whoever is on call can see what happened. From its injection until ρ after its recovery, each fault that took
 * effect leaves at least one line in the system's log and moves at least one of its metrics, and both name an engine that it
 * was aimed at (any, when it was aimed at the system itself or at the machine). A fault says of itself, with the reason, when a
 * right consumer has nothing to say. Catches losses that are healed in silence, logs that do not say where.
 */
import type { FaultRecord, LogRecord, MetricRecord } from "../history/records.js";
import type { JudgeContext, Property, Tally } from "./property.js";

const ENGINE_PREFIX = "engines/";

export const faultIsTold: Property = {
  id: "fault-is-told",
  title: "a fault can be seen from outside",
  kind: "scenario",
  statement: "Each fault leaves a log line and a changed metric that name the engine.",
  /** What a log line or metric of another system is about, nobody here knows; ours is the one that reports its streams. */
  notApplicable: ({ sut }) =>
    sut.capabilities.streams && sut.capabilities.metrics
      ? null
      : "the system under test reports nothing that we can read",
  start(context, tally) {
    const faults = new Map<string, ToldFault>();
    return {
      fault(record) {
        const fault = faults.get(record.id);
        if (fault === undefined) faults.set(record.id, new ToldFault(context, record));
        else fault.note(record);
      },
      log(record) {
        for (const fault of faults.values()) fault.line(record);
      },
      metric(record) {
        for (const fault of faults.values()) fault.metric(record);
      },
      /** What is said when everybody leaves is about that. */
      phase(record) {
        if (record.name === "drain") for (const fault of faults.values()) fault.close(record.at);
      },
      finish() {
        for (const fault of faults.values()) fault.judge(tally);
      },
    };
  },
};

class ToldFault {
  readonly #context: JudgeContext;
  readonly #injected: FaultRecord;
  /** Null = it was not aimed at named engines. */
  readonly #engines: readonly string[] | null;
  #effective = false;
  #until = Number.POSITIVE_INFINITY;
  #logged = false;
  #moved = false;

  constructor(context: JudgeContext, injected: FaultRecord) {
    this.#context = context;
    this.#injected = injected;
    const named = injected.targets.filter((target) => target.startsWith(ENGINE_PREFIX));
    this.#engines = named.length === 0 ? null : named.map((target) => target.slice(ENGINE_PREFIX.length));
  }

  note({ event, at }: FaultRecord): void {
    if (event === "effective") this.#effective = true;
    if (event === "recovered") this.#until = at + this.#context.truth.bounds.recoveryNs;
  }

  close(at: number): void {
    this.#until = Math.min(this.#until, at);
  }

  line({ at, engine, message }: LogRecord): void {
    if (at > this.#until) return;
    const named = (name: string): boolean => engine === name || message.includes(name);
    this.#logged ||= this.#engines === null || this.#engines.some(named);
  }

  metric({ at, engine }: MetricRecord): void {
    if (at > this.#until) return;
    this.#moved ||= this.#engines === null || (engine !== undefined && this.#engines.includes(engine));
  }

  /** What had no effect is V1's business. */
  judge(tally: Tally): void {
    if (!this.#effective) return;
    const { quiet = {} } = this.#injected;
    this.#wanted(tally, "log", quiet.log, this.#logged ? null : "no line of its log");
    this.#wanted(tally, "metric", quiet.metric, this.#moved ? null : "none of its metrics moved and");
  }

  #wanted(tally: Tally, what: "log" | "metric", quiet: string | undefined, missing: string | null): void {
    const { id, fault, targets, at } = this.#injected;
    if (quiet !== undefined) {
      tally.measured[`${id}_${what}_may_be_quiet`] = quiet;
      return;
    }
    tally.opportunity();
    if (missing === null) return;
    const [engine] = this.#engines ?? [];
    const whom = this.#engines === null ? "anything" : this.#engines.join(" or ");
    tally.violate({
      at,
      ...(engine === undefined ? {} : { engine }),
      summary: `fault ${id} (${fault}) was in force from ${this.#context.ms(at)} ms on, and ${missing} named ${whom}`,
      proof: { fault, targets, wanted: what },
    });
  }
}
