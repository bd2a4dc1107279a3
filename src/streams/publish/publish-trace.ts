/** A trace, published again: in its own time or faster, restarts included. */
import { delay } from "../../base/async.js";
import type { TraceRecord } from "../trace/trace-records.js";
import type { ReplayedFleet } from "./replayed-fleet.js";

/** Consumers that lost their connection come back within this time, or miss the first batches of the new life, as in reality. */
const RESUBSCRIBE_TIMEOUT_MS = 10_000;
/** Batches between two pauses for the sockets' own work, when publishing as fast as possible. */
const BATCHES_PER_TURN = 256;

export interface Pace {
  /** Times faster than recorded; Infinity = no waiting. */
  readonly speed: number;
  /** Subscribers that each stream must have again after a restart. */
  readonly subscribers: number;
  readonly signal: AbortSignal;
}

export interface Published {
  batches: number;
  restarts: number;
  /** Restarts after which not all subscribers came back in time. */
  lonely: number;
}

/** @param again the streams have been published before: each life is a restart, the first too. */
export async function publishTrace(
  records: AsyncIterable<TraceRecord>,
  fleet: ReplayedFleet,
  { speed, subscribers, signal }: Pace,
  again = false,
): Promise<Published> {
  const done: Published = { batches: 0, restarts: 0, lonely: 0 };
  const lives = new Map<number, number>();
  const began = performance.now();
  for await (const record of records) {
    if (signal.aborted) break;
    if (record.kind === "hole") continue;
    const life = lives.get(record.stream) ?? (again ? 0 : 1);
    if (record.life !== life) {
      lives.set(record.stream, record.life);
      done.restarts++;
      await fleet.restart(record.stream);
      await fleet
        .subscribed(subscribers, RESUBSCRIBE_TIMEOUT_MS, signal, record.stream)
        .catch(() => void done.lonely++);
    }
    if (record.kind === "life") continue;
    const wait = record.atUs / 1000 / speed - (performance.now() - began);
    if (Number.isFinite(speed) && wait > 1) await delay(wait, signal);
    if (signal.aborted) break;
    if (record.kind === "odd") await fleet.publishFrames(record);
    else await fleet.publish(record);
    if (record.kind === "batch" && ++done.batches % BATCHES_PER_TURN === 0)
      await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return done;
}
