/** Runs one property's checker: what it throws costs its own verdict, never the others' (as Jepsen's check-safe). */
import { asError } from "../base/errors.js";
import type { HistoryRecord } from "./history/records.js";
import { type Answer, type Checker, type JudgeContext, type Property, Tally } from "./properties/property.js";
import type { PropertyResult, Verdict } from "./verdict.js";

export class CheckerHost {
  readonly property: Property;
  readonly #tally = new Tally();
  readonly #notApplicable: string | null;
  #checker: Checker = {};
  #thrown: Error | null = null;

  constructor(property: Property, context: JudgeContext) {
    this.property = property;
    this.#notApplicable = property.notApplicable?.(context.run) ?? null;
    if (this.#notApplicable === null) this.#guard(() => (this.#checker = property.start(context, this.#tally)));
  }

  /** Handles for the sweep's dispatch tables; undefined when the checker does not look at that kind. */
  handler<K extends HistoryRecord["k"]>(kind: K): ((record: Extract<HistoryRecord, { k: K }>) => void) | undefined {
    return this.#guarded(this.#checker[kind] as ((record: Extract<HistoryRecord, { k: K }>) => void) | undefined);
  }

  answerHandler(): ((answer: Answer) => void) | undefined {
    return this.#guarded(this.#checker.answer);
  }

  finish(endAt: number): void {
    this.#guarded(this.#checker.finish)?.(endAt);
  }

  result(required: number, truthIsBroken: boolean): PropertyResult {
    const { id, title, kind, statement } = this.property;
    const tally = this.#tally;
    const [verdict, reason] = this.#verdict(required, truthIsBroken);
    return {
      id,
      title,
      kind,
      statement,
      verdict,
      opportunities: tally.opportunities,
      required,
      violationCount: tally.violationCount,
      violations: tally.violations,
      ...(reason === null ? {} : { reason }),
      ...(Object.keys(tally.measured).length === 0 ? {} : { measured: tally.measured }),
    };
  }

  #verdict(required: number, truthIsBroken: boolean): [Verdict, string | null] {
    const { opportunities, violationCount, unknownBecause } = this.#tally;
    if (this.#notApplicable !== null) return ["not-applicable", this.#notApplicable];
    if (this.#thrown !== null) return ["unknown", `the checker failed: ${this.#thrown.stack ?? this.#thrown.message}`];
    if (violationCount > 0) {
      return truthIsBroken
        ? ["unknown", "violations were found, but on a truth that is broken (see V1)"]
        : ["fail", null];
    }
    if (unknownBecause !== null) return ["unknown", unknownBecause];
    if (opportunities === 0) return ["unknown", "not exercised"];
    if (opportunities < required) return ["unknown", `exercised ${opportunities} times, ${required} required`];
    return ["pass", null];
  }

  /** Called per record and checker: no closure, no spread. */
  #guarded<T>(handle: ((given: T) => void) | undefined): ((given: T) => void) | undefined {
    if (handle === undefined) return undefined;
    return (given) => {
      if (this.#thrown !== null) return;
      try {
        handle(given);
      } catch (thrown) {
        this.#thrown = asError(thrown);
      }
    };
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#thrown = asError(thrown);
    }
  }
}
