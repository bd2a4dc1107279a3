/** Reads what engines have written into their ledgers so far. */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { LedgerRecord } from "../../base/ledger.js";

const CHUNK_BYTES = 1024 * 1024;

/** Whole records that were appended since the last call. */
export class LedgerTail {
  readonly #file: string;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  *read(): Generator<LedgerRecord> {
    for (;;) {
      const chunk = this.#next();
      if (chunk === null) return;
      const text = Buffer.concat([this.#rest, chunk]);
      const end = text.lastIndexOf(0x0a) + 1;
      this.#rest = text.subarray(end);
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
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const bytes = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
      this.#offset += bytes;
      return bytes === 0 ? null : chunk.subarray(0, bytes);
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
