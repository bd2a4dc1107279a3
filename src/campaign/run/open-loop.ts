/**
 * An open loop: when the next thing is due does not depend on how the last one went. Due times come from a seed; how late
 * the loop itself was is measured, and what is sent late still counts from when it was due.
 */
import { delay } from "../../base/async.js";
import { type Clock, NS_PER_MS, NS_PER_S } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";

export interface OpenLoop {
  readonly ratePerS: number;
  readonly rng: Rng;
  readonly clock: Clock;
  /** Ends the loop; what is in flight goes on. */
  readonly signal: AbortSignal;
  readonly maxInFlight: number;
  /** Does one thing; must not reject. */
  readonly work: (dueNs: number) => Promise<void>;
  /** Hears of each due time that has passed and of each start. */
  readonly onDue?: () => void;
  readonly onStart?: (latenessNs: number) => void;
}

/** Timers fire up to a millisecond late anyway; closer than this is now. */
const CLOSE_ENOUGH_NS = 0.5 * NS_PER_MS;

/** Resolves when the signal is raised and everything that was started has ended. */
export async function runOpenLoop(loop: OpenLoop): Promise<void> {
  if (loop.ratePerS <= 0) return;
  const running = new Set<Promise<void>>();
  let dueNs = loop.clock.nowNs();
  for (;;) {
    dueNs += exponential(loop.rng, loop.ratePerS);
    for (let waitNs = dueNs - loop.clock.nowNs(); waitNs > CLOSE_ENOUGH_NS; waitNs = dueNs - loop.clock.nowNs()) {
      await delay(Math.max(1, Math.floor(waitNs / NS_PER_MS)), loop.signal);
      if (loop.signal.aborted) break;
    }
    if (loop.signal.aborted) break;
    loop.onDue?.();
    while (running.size >= loop.maxInFlight && !loop.signal.aborted) await Promise.race(running);
    if (loop.signal.aborted) break;
    loop.onStart?.(Math.max(0, loop.clock.nowNs() - dueNs));
    const work = loop.work(dueNs).finally(() => running.delete(work));
    running.add(work);
  }
  await Promise.all(running);
}

/** Time to the next arrival of a Poisson process, in nanoseconds. */
function exponential(rng: Rng, ratePerS: number): number {
  return (-Math.log(1 - rng.float()) / ratePerS) * NS_PER_S;
}
