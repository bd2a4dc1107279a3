/** Reads a recorded history: `history.ndjson.gz`, plain `.ndjson`, or the run directory that holds one of them. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../base/errors.js";
import { RUN_FILES } from "../run-summary.js";
import { damaged, readLines } from "./ndjson-lines.js";
import { shapeProblem } from "./record-shape.js";
import type { HistoryRecord } from "./records.js";

const PLAIN_HISTORY = "history.ndjson";

/** The history file that `path` names, itself or as a run directory. Throws KVP_E_FILE_NOT_FOUND. */
export function historyFile(path: string): string {
  if (!existsSync(path)) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} does not exist`);
  if (!statSync(path).isDirectory()) return path;
  const found = [RUN_FILES.history, PLAIN_HISTORY].map((name) => join(path, name)).find(existsSync);
  if (found === undefined) throw new UsageError("KVP_E_FILE_NOT_FOUND", `${path} holds no ${RUN_FILES.history}`);
  return found;
}

/**
 * Records in the order of the file, many at a time (one at a time costs a promise per record).
 * Throws KVP_E_HISTORY_INVALID with the line number for anything that is damaged, cut off or of another version.
 */
export async function* readHistoryChunks(path: string): AsyncGenerator<HistoryRecord[]> {
  const file = historyFile(path);
  let begun = false;
  for await (const { first, lines, torn } of readLines(file)) {
    const records: HistoryRecord[] = [];
    for (const [i, line] of lines.entries()) {
      const record = parseRecord(file, first + i, line, torn);
      if (!begun && record.k !== "run")
        throw damaged(file, first + i, `a history begins with its run record, not with "${record.k}"`);
      begun = true;
      records.push(record);
    }
    yield records;
  }
  if (!begun) throw damaged(file, 1, "the history is empty");
}

/** The same, one by one. */
export async function* readHistory(path: string): AsyncGenerator<HistoryRecord> {
  for await (const chunk of readHistoryChunks(path)) yield* chunk;
}

function parseRecord(file: string, number: number, line: string, torn: boolean): HistoryRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw damaged(file, number, torn ? "cut off in the middle of a record" : "not JSON");
  }
  const problem = shapeProblem(value);
  if (problem !== null) throw damaged(file, number, problem);
  return value as HistoryRecord;
}
