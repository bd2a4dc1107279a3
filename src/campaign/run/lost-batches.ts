/** Batches that their engines wrote down as sent and the relay says nobody got: as many as it burns, which it limits. */
import type { LedgerRecord } from "../../base/ledger.js";
import type { WireRecord } from "../../judge/history/records.js";

export type BatchName = Pick<LedgerRecord, "engine" | "epoch" | "rank" | "seq">;

export class LostBatches {
  readonly #lost = new Map<string, WireRecord["what"]>();

  add(record: WireRecord): void {
    this.#lost.set(named(record), record.what);
  }

  /** How the batch left, as far as the relay has said; undefined = it has said nothing. */
  wireOf(batch: BatchName): WireRecord["what"] | undefined {
    return this.#lost.get(named(batch));
  }
}

function named({ engine, epoch, rank, seq }: BatchName): string {
  return `${engine} ${epoch} ${rank} ${seq}`;
}
