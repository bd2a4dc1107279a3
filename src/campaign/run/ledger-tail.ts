/** Reads what engines have written into their ledgers so far. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { LedgerRecord } from "../../base/ledger.js";

const CHUNK_BYTES = 1024 * 1024;

/** Whole records that were appended since the last call. */
export class LedgerTail {
  readonly #file: string;
  /** Of what was not yielded yet: a line without its end may be taken back by its writer (a full disk), so it is read anew. */
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
  }

  *read(): Generator<LedgerRecord> {
    for (;;) {
      const text = this.#next();
      if (text === null) return;
      const end = text.lastIndexOf(0x0a) + 1;
      if (end === 0) return;
      this.#offset += end;
      for (const line of text.toString("utf8", 0, end).split("\n"))
        if (line !== "") yield JSON.parse(line) as LedgerRecord;
    }
  }

  #next(): Buffer | null {
    let file: number;
    try {
      if (statSync(this.#file).size <= this.#offset) return null;
      file = openSync(this.#file, "r");
    } catch {
      // Not written yet: the engine published nothing.
      return null;
    }
    try {
      for (let size = CHUNK_BYTES; ; size *= 2) {
        const chunk = Buffer.allocUnsafe(size);
        const bytes = readSync(file, chunk, 0, size, this.#offset);
        // A record longer than a chunk needs a longer look.
        if (bytes < size || chunk.lastIndexOf(0x0a) >= 0) return bytes === 0 ? null : chunk.subarray(0, bytes);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Highest sequence number of rank 0 in the engine's latest life; -1 when it published nothing. */
export function lastSequence(files: readonly string[], engine: string): number {
  let latest: { epoch: number; seq: number } = { epoch: 0, seq: -1 };
  for (const file of files) {
    for (const record of wholeRecords(file)) {
      if (record.engine !== engine) break;
      if (record.rank === 0 && (record.epoch > latest.epoch || record.seq > latest.seq)) latest = record;
    }
  }
  return latest.seq;
}

function wholeRecords(file: string): LedgerRecord[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").flatMap((line) => (line === "" ? [] : (JSON.parse(line) as LedgerRecord)));
}
