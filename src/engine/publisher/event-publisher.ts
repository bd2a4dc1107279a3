/** What the engine loop sees of a publisher, whether it has sockets or not. */
import type { CacheActivity } from "../cache/engine-types.js";
import type { QuirkQueue } from "./quirk-queue.js";

/** Number, `ts`, and the true wall time at which it was stamped; seconds since 1970. */
export interface StampedBatch {
  readonly seq: number;
  readonly ts: number;
  readonly wall: number;
}

export interface EventPublisher {
  readonly quirks: QuirkQueue;
  /** Queues one batch; `onSent` gets its sequence number right after its bytes left (or were burnt). */
  publish(activity: CacheActivity, onSent?: (seq: number) => void): void;
  /** Resolves when the queue has room again; undefined when it has room now. A full queue stalls the engine (vLLM #53859). */
  whenRoom(): Promise<void> | undefined;
  /** Batches that left, burnt ones included. */
  readonly published: number;
  /** The last batch that left (or was burnt); null before the first. */
  readonly lastBatch: StampedBatch | null;
  /** vLLM's shutdown: at most 1 s to drain the queue, then the sockets go without lingering and without a goodbye. */
  close(): Promise<void>;
}
