/**
 * Whether the truth can be trusted: the ledger of each life of each stream must count its batches 0, 1, 2…, never remove
 * what it did not store, and never speak again after its process ended. Where a tap stands for the ledger, it must have heard all.
 */
import type { LedgerEntry, TruthGapRecord } from "../history/records.js";

const MAX_PROBLEMS = 20;

/** How far the ledger of one (engine, rank) has come. */
export interface StreamPosition {
  epoch: number;
  /** Sequence number that the next batch must have. */
  nextSeq: number;
}

export class LedgerContinuity {
  readonly problems: string[] = [];
  problemCount = 0;

  /** Advances `position` over `entry`; false when the entry belongs to a life that is over and must be left out. */
  advance(position: StreamPosition, entry: LedgerEntry): boolean {
    const stream = `${entry.engine} rank ${entry.rank} epoch ${entry.epoch}`;
    if (entry.epoch < position.epoch) {
      this.#report(`${stream} published batch ${entry.seq} after epoch ${position.epoch} began`);
      return false;
    }
    const expected = entry.epoch > position.epoch ? 0 : position.nextSeq;
    if (entry.seq !== expected) this.#report(`${stream}: batch ${entry.seq} where ${expected} was due`);
    position.epoch = entry.epoch;
    position.nextSeq = entry.seq + 1;
    return true;
  }

  impossibleRemoval(entry: LedgerEntry, identity: string): void {
    this.#report(
      `${entry.engine} rank ${entry.rank} batch ${entry.seq} removes ${identity}, of which it holds no copy`,
    );
  }

  afterDeath(entry: LedgerEntry): void {
    this.#report(`${entry.engine} epoch ${entry.epoch} published batch ${entry.seq} after it was reported down`);
  }

  /** What the tap that stands for a ledger missed. */
  missed({ engine, rank, epoch, problem }: TruthGapRecord): void {
    this.#report(`${engine} rank ${rank} epoch ${epoch}: ${problem}`);
  }

  #report(problem: string): void {
    this.problemCount++;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}
