/** Records of loads that engines make themselves, and of when what they sent was applied. */

/** When the SUT received and applied batches of one stream, by its own account: all of them, or every n-th. */
export interface AppliedRecord {
  readonly k: "applied";
  /** When it was asked; later than everything told. */
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  /** Life of the stream as the SUT counts them, from 1. */
  readonly life: number;
  /** [sequence number, received, applied] */
  readonly batches: readonly (readonly [number, number, number])[];
  /** Batches that it could not keep until it was asked. */
  readonly dropped: number;
}

/** One step of a load that engines make themselves: what was asked of them, what they did, and how long its rest took. */
export interface LoadRecord {
  readonly k: "load";
  /** Everything of it has been applied, or given up. */
  readonly at: number;
  readonly phase: "warmup" | "steady";
  readonly startedAt: number;
  /** The engines stopped. */
  readonly stoppedAt: number;
  /** Batches per second, over all engines. */
  readonly offeredPerS: number;
  readonly offered: number;
  readonly sent: number;
  /** Of the least punctual engine. */
  readonly latenessP50Ms: number;
  readonly latenessP99Ms: number;
  readonly latenessMaxMs: number;
  /** CPU of the SUT from start to stop; absent where nobody can tell. */
  readonly sutCpuSeconds?: number;
  /** From the end of the load until the SUT had applied all that was sent; null = it did not within the recovery bound. */
  readonly drainMs: number | null;
}
