/** Follows some publishers at once until told to stop, and hands their records on in the order in which they became certain. */
import { delay } from "../../base/async.js";
import { InternalError } from "../../base/errors.js";
import type { TraceRecord, TraceStream } from "../trace/trace-records.js";
import { StreamMerge } from "./stream-merge.js";
import { StreamTap } from "./stream-tap.js";

/** Pause between two looks at whether enough was recorded, and the rhythm of progress. */
const LOOK_INTERVAL_MS = 50;

export interface TapTarget {
  append(record: TraceRecord): void;
  /** Resolves when there is room for more. */
  drained(): Promise<void>;
  /** True ends the tap. */
  enough(): boolean;
}

export interface TapOptions {
  readonly streams: readonly TraceStream[];
  readonly forMs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface TappedStream {
  readonly stream: TraceStream;
  readonly connections: number;
  readonly duplicates: number;
  readonly replayed: number;
}

/** Resolves when the time is over, the target has enough, or the signal says so; rejects with the target's failure. */
export async function tapFleet(target: TapTarget, { streams, forMs, signal }: TapOptions): Promise<TappedStream[]> {
  const began = performance.now();
  const nowUs = (): number => Math.round((performance.now() - began) * 1000);
  const failure: { thrown: unknown } = { thrown: null };
  const record = (entry: TraceRecord): void => {
    try {
      if (failure.thrown === null) target.append(entry);
    } catch (thrown) {
      failure.thrown = thrown;
    }
  };
  const taps = streams.map((stream, i) => {
    const merge = new StreamMerge(i, stream.replay !== null, { record });
    const tap = new StreamTap(stream, merge, { nowUs, drained: () => target.drained() });
    return { tap, merge };
  });
  for (const { tap } of taps) tap.start();
  const over = (): boolean => signal.aborted || (forMs !== undefined && performance.now() - began >= forMs);
  while (!over() && !target.enough() && failure.thrown === null && taps.every(({ tap }) => tap.failure === null))
    await delay(LOOK_INTERVAL_MS, signal);
  await Promise.all(taps.map(({ tap }) => tap.close()));
  if (failure.thrown !== null) throw failure.thrown;
  const failed = taps.find(({ tap }) => tap.failure !== null)?.tap;
  if (failed) throw new InternalError(`the tap of ${failed.stream.events} failed`, { cause: failed.failure });
  return taps.map(({ tap, merge }) => ({
    stream: tap.stream,
    connections: tap.connections,
    duplicates: merge.counters.duplicates,
    replayed: merge.counters.replayed,
  }));
}
