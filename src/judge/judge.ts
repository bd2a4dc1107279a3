/**
 * The judge: one sweep over a recorded history, in order of time, with the truth growing as it goes; every property looks
 * on. Linear time; memory follows the number of distinct blocks, prompts and engines, not the length of the run.
 */
import { KvproofError, UsageError } from "../base/errors.js";
import { readHistoryChunks } from "./history/history-reader.js";
import type { HistoryRecord, RunRecord } from "./history/records.js";
import { PROPERTIES, SCENARIO_CHECKS } from "./properties/catalogue.js";
import type { Property } from "./properties/property.js";
import { Sweep } from "./sweep.js";
import type { JudgeReport } from "./verdict.js";

export interface JudgeOptions {
  /** Replaces the always-on properties (tests of the judge itself). */
  readonly properties?: readonly Property[];
  /** false: verdicts alone, without distributions, series and timelines; for thousands of runs in a row. Default true. */
  readonly statistics?: boolean;
}

/**
 * Judges a history: the path of a run directory or history file, or records in order of `at`, the run record first.
 * Throws KVP_E_HISTORY_INVALID when the history is damaged, unordered or of another version, KVP_E_UNKNOWN_PROPERTY when the
 * run asks for a check that does not exist.
 */
export async function judgeHistory(
  history: string | Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
  options: JudgeOptions = {},
): Promise<JudgeReport> {
  const sweeping = new Sweeping(options);
  if (typeof history === "string") {
    for await (const chunk of readHistoryChunks(history)) for (const record of chunk) sweeping.take(record);
  } else if (Symbol.iterator in history) for (const record of history) sweeping.take(record);
  else for await (const record of history) sweeping.take(record);
  return sweeping.report();
}

class Sweeping {
  readonly #options: JudgeOptions;
  #sweep: Sweep | null = null;
  #records = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  take(record: HistoryRecord): void {
    this.#records++;
    if (this.#sweep !== null) this.#pass(this.#sweep, record);
    else if (record.k === "run") this.#sweep = this.#begin(record);
    else throw new UsageError("KVP_E_HISTORY_INVALID", `a history begins with its run record, not with "${record.k}"`);
  }

  #begin(run: RunRecord): Sweep {
    const { properties = PROPERTIES, statistics = true } = this.#options;
    return new Sweep(run, [...properties, ...checksOf(run)], statistics);
  }

  #pass(sweep: Sweep, record: HistoryRecord): void {
    try {
      sweep.take(record);
    } catch (thrown) {
      if (!(thrown instanceof KvproofError)) throw thrown;
      throw new UsageError(thrown.code, `record ${this.#records} ("${record.k}"): ${thrown.message}`, {
        cause: thrown,
      });
    }
  }

  report(): JudgeReport {
    if (this.#sweep === null) throw new UsageError("KVP_E_HISTORY_INVALID", "the history is empty");
    return this.#sweep.report(this.#records);
  }
}

function checksOf(run: RunRecord): Property[] {
  const named = run.checks.filter((id) => !PROPERTIES.some((property) => property.id === id));
  return named.map((id) => {
    const check = SCENARIO_CHECKS.find((c) => c.id === id);
    if (check === undefined) throw new UsageError("KVP_E_UNKNOWN_PROPERTY", `the run asks for the check "${id}"`);
    return check;
  });
}
