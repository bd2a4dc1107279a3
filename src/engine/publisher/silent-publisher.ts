/** An engine without events (vLLM's NullEventPublisher) still keeps its ledger: control runs need the truth too. */
import type { Clock } from "../../base/clock.js";
import type { CacheActivity } from "../cache/engine-types.js";
import type { LedgerWriter } from "../ledger-writer.js";
import type { EventPublisher } from "./event-publisher.js";
import { QuirkQueue } from "./quirk-queue.js";

export interface SilentPublisherParts {
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly engine: string;
  readonly epoch: number;
  readonly rank: number;
}

export class SilentPublisher implements EventPublisher {
  readonly quirks = new QuirkQueue();
  /** Nothing leaves, so nothing is stamped. */
  readonly lastBatch = null;
  readonly #parts: SilentPublisherParts;
  #seq = 0;

  constructor(parts: SilentPublisherParts) {
    this.#parts = parts;
  }

  get published(): number {
    return this.#seq;
  }

  publish(activity: CacheActivity, onSent?: (seq: number) => void): void {
    const { engine, epoch, rank, ledger, clock } = this.#parts;
    const seq = this.#seq++;
    ledger.append({ engine, epoch, rank, seq, at_ns: clock.nowNs(), changes: activity.ledger, wire: "burnt" });
    onSent?.(seq);
  }

  whenRoom(): undefined {
    return undefined;
  }

  async close(): Promise<void> {}
}
