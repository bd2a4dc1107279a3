/** Writes the campaign's own records as they happen; ledgers are merged in afterwards (judge/history/merge-history). */
import type { HistoryRecord } from "../../judge/history/records.js";
import { HistoryWriter } from "../../judge/history/history-writer.js";
import { LostBatches } from "./lost-batches.js";

export class Recorder {
  /** What was recorded as lost on the wire. */
  readonly lost = new LostBatches();
  readonly #writer: HistoryWriter;
  readonly #listeners: ((record: HistoryRecord) => void)[] = [];
  #count = 0;
  #closed = false;
  #uncertaintyNs = (): number => 0;

  /** `path`: NDJSON; the run record must be the first. */
  constructor(path: string) {
    this.#writer = new HistoryWriter(path);
  }

  get count(): number {
    return this.#count;
  }

  /** Also tells `listener` of every record from now on (live figures). */
  listen(listener: (record: HistoryRecord) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Ledgers may come from machines with clocks of their own. What is asked is then taken to have been asked a little longer, by as
   * much as their times may be wrong: no answer is called false that a truth at the edge of its window would bear out.
   */
  allowForClocks(uncertaintyNs: () => number): void {
    this.#uncertaintyNs = uncertaintyNs;
  }

  /** Facts that arrive after the end (an answer still in flight) are not part of the run. */
  record(record: HistoryRecord): void {
    if (this.#closed) return;
    this.#writer.append(widened(record, this.#uncertaintyNs()));
    this.#count++;
    if (record.k === "wire") this.lost.add(record);
    for (const listener of this.#listeners) listener(record);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writer.close();
  }
}

function widened(record: HistoryRecord, byNs: number): HistoryRecord {
  if (byNs === 0) return record;
  if (record.k === "query") return { ...record, at: record.at + byNs, inv: record.inv - byNs, ret: record.ret + byNs };
  if (record.k === "route") return { ...record, inv: record.inv - byNs, chosenAt: record.chosenAt + byNs };
  return record;
}
