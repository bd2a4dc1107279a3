/** Steps of a load that engines make: which of them everything kept up with, and where that ends. */
import type { LoadRecord } from "../history/load-records.js";

/** Share of what was due that must have been sent. */
const SENT_SHARE = 0.98;
/** A generator that is later than this for 1 % of its batches does not keep its schedule. */
const LATE_MS = 100;
/** What still waits when the load stops must be applied within this: more is a queue that grew. */
const QUEUE_MS = 250;

type Step = Pick<LoadRecord, "offered" | "sent" | "latenessP99Ms" | "drainMs">;

/** What a step ran into: the engines could not send as much, or the system under test could not apply as much. */
export type Limit = "generator" | "system under test";

export function limitOf({ offered, sent, latenessP99Ms, drainMs }: Step): Limit | null {
  if (drainMs === null || drainMs > QUEUE_MS) return "system under test";
  return sent < offered * SENT_SHARE || latenessP99Ms > LATE_MS ? "generator" : null;
}

export function keepsUp(step: Step): boolean {
  return limitOf(step) === null;
}

export interface Knee {
  /** Batches per second, as sent, of the last step that everything kept up with; null = not even the first. */
  readonly perS: number | null;
  /** What the next step ran into; null = none did, the search ended before. */
  readonly limit: Limit | null;
}

/** Steps in order of rising rate. */
export function kneeOf(steps: readonly (Step & Pick<LoadRecord, "offeredPerS">)[]): Knee {
  let perS: number | null = null;
  for (const step of steps) {
    const limit = limitOf(step);
    if (limit !== null) return { perS, limit };
    perS = sentPerS(step);
  }
  return { perS, limit: null };
}

/** Each engine loads for as long as it was told to, though a large fleet neither starts nor stops within one moment. */
export function sentPerS({ sent, offered, offeredPerS }: Pick<LoadRecord, "sent" | "offered" | "offeredPerS">): number {
  return offered > 0 ? (offeredPerS * sent) / offered : 0;
}
