/**
 * One history from what a run left behind: the campaign's own records and the ledger file of every engine life.
 * `{engine, …, at_ns}` of a ledger becomes `{k: "ledger", at: at_ns, …}`. Streaming; records are checked, not rewritten.
 */
import { asError } from "../../base/errors.js";
import type { LedgerRecord } from "../../base/ledger.js";
import { HistoryWriter } from "./history-writer.js";
import { mergeSorted, smooth, type Timed } from "./merge-sorted.js";
import { damaged, readLines } from "./ndjson-lines.js";
import type { WireRecord } from "./records.js";

export interface MergeSources {
  /** NDJSON of history records, the run record first, otherwise in order of `at` but for moments. Plain or .gz. */
  readonly records: string;
  /** Ledger files, each in order of `at_ns`. The last line of one may be torn: its engine was killed while writing it. */
  readonly ledgers: readonly string[];
  /** Where the history goes; gzip when it ends in .gz. */
  readonly to: string;
}

export interface MergeResult {
  readonly records: number;
  /** Ledger files whose last line was torn and left out: those bytes never left the engine. */
  readonly tornLedgers: readonly string[];
}

/** A silence is noted seconds after it began, and seconds are some thousand records. */
const LATE_RECORDS = 8_192;

interface Line extends Timed {
  readonly json: string;
}

/** Throws KVP_E_FILE_NOT_FOUND, or KVP_E_HISTORY_INVALID with file and line for damage anywhere but at a ledger's end. */
export async function mergeHistory(sources: MergeSources): Promise<MergeResult> {
  const tornLedgers: string[] = [];
  const writer = new HistoryWriter(sources.to);
  let records = 0;
  try {
    const lost = await lostOnTheWire(sources.records);
    // Ledgers come first, so that at equal times the truth is known before the question.
    const ledgers = sources.ledgers.map((path) => smooth(ledgerLines(path, lost, () => tornLedgers.push(path))));
    const own = smooth(
      recordLines(sources.records, (run) => writer.appendLine(run)),
      LATE_RECORDS,
    );
    for await (const lines of mergeSorted([...ledgers, own])) {
      for (const { json } of lines) writer.appendLine(json);
      records += lines.length;
      await writer.ready();
    }
  } finally {
    await writer.close();
  }
  return { records: records + 1, tornLedgers };
}

/** The campaign's records; the run record, which comes first whatever its time, goes to `onRun`. */
async function* recordLines(path: string, onRun: (json: string) => void): AsyncGenerator<Line[]> {
  for await (const { first, lines } of readLines(path)) {
    const timed: Line[] = [];
    for (const [i, json] of lines.entries()) {
      const record = parse(path, first + i, json) as { k?: unknown; at?: unknown };
      if (typeof record.at !== "number") throw damaged(path, first + i, "a record without a time");
      if (first + i > 1) timed.push({ at: record.at, json });
      else if (record.k === "run") onRun(json);
      else throw damaged(path, 1, "the first record is not the run record");
    }
    yield timed;
  }
}

async function* ledgerLines(path: string, lost: Lost, onTorn: () => void): AsyncGenerator<Line[]> {
  for await (const { first, lines, torn } of readLines(path)) {
    if (torn && !isWhole(lines[0] ?? "")) {
      onTorn();
      return;
    }
    yield lines.map((json, i) => {
      const entry = parse(path, first + i, json) as Partial<LedgerRecord>;
      const { at_ns: at, engine } = entry;
      if (typeof at !== "number" || typeof engine !== "string") throw damaged(path, first + i, "not a ledger record");
      const what = lost.size === 0 ? undefined : lost.get(batchName(entry));
      const wire = what === undefined || entry.wire !== undefined ? "" : `"wire":"${what}",`;
      return { at, json: `{"k":"ledger","at":${at},${wire}${json.slice(json.indexOf("{") + 1)}` };
    });
  }
}

/** Batches that no consumer can read although their engine sent them whole, by name. */
type Lost = ReadonlyMap<string, WireRecord["what"]>;

const WIRE = '{"k":"wire",';

/** Known before the ledgers are read, because a batch is written down before it is lost. */
async function lostOnTheWire(path: string): Promise<Lost> {
  const lost = new Map<string, WireRecord["what"]>();
  for await (const { first, lines } of readLines(path)) {
    for (const [i, json] of lines.entries()) {
      if (!json.startsWith(WIRE)) continue;
      const record = parse(path, first + i, json) as WireRecord;
      lost.set(batchName(record), record.what);
    }
  }
  return lost;
}

function batchName({ engine, epoch, rank, seq }: Partial<LedgerRecord>): string {
  return `${engine} ${epoch} ${rank} ${seq}`;
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

function parse(path: string, line: number, json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value;
  } catch (thrown) {
    throw damaged(path, line, asError(thrown).message);
  }
  throw damaged(path, line, "not a record");
}
