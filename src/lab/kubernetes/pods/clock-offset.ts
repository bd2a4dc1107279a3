/**
 * How a pod's monotonic clock stands to the runner's. On one kernel (same boot id) they are the same clock. Else it is measured
 * as NTP does: the pod's clock, read between two looks at ours, is off by at most half of what passed between them.
 */
import type { Clock } from "../../../base/clock.js";

export interface ClockReading {
  readonly monotonicNs: number;
  readonly bootId: string | null;
}

export interface ClockOffset {
  /** To be added to the pod's times. */
  readonly offsetNs: number;
  /** How wrong the offset may be, either way. */
  readonly uncertaintyNs: number;
}

export const SAME_CLOCK: ClockOffset = { offsetNs: 0, uncertaintyNs: 0 };
const READINGS = 9;

export async function measureClock(
  read: () => Promise<ClockReading>,
  clock: Pick<Clock, "nowNs">,
  ownBootId: string | null,
): Promise<ClockOffset> {
  let best: ClockOffset | null = null;
  for (let i = 0; i < READINGS; i++) {
    const before = clock.nowNs();
    const { monotonicNs, bootId } = await read();
    const after = clock.nowNs();
    if (bootId !== null && bootId === ownBootId) return SAME_CLOCK;
    const uncertaintyNs = Math.ceil((after - before) / 2);
    if (best === null || uncertaintyNs < best.uncertaintyNs)
      best = { offsetNs: Math.round(before + uncertaintyNs - monotonicNs), uncertaintyNs };
  }
  return best ?? SAME_CLOCK;
}
