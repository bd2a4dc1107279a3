/** The ratchet: line coverage may not fall by more than a point below the best of the last measurements. */
import type { CoverageEntry } from "./coverage-history.js";

/** Against one measurement alone, a slide in small steps would pass. */
const AGAINST_LAST = 10;
/** Percentage points. */
export const MAX_FALL = 1;

export interface CoverageFall {
  readonly reference: CoverageEntry;
  /** Points below the reference; negative = above. */
  readonly points: number;
  readonly tooMuch: boolean;
}

/** Null when there is nothing to compare with. Measurements of uncommitted work, and falls that nobody accepted, are no measure. */
export function coverageFall(history: readonly CoverageEntry[], linesPercent: number): CoverageFall | null {
  const sound = history.filter(({ dirty, fell }) => !dirty && !fell);
  const lastAccepted = sound.findLastIndex(({ accepted }) => accepted);
  const candidates = sound.slice(Math.max(0, lastAccepted)).slice(-AGAINST_LAST);
  const [first, ...others] = candidates;
  if (first === undefined) return null;
  const reference = others.reduce((best, entry) => (entry.total.lines > best.total.lines ? entry : best), first);
  const points = reference.total.lines - linesPercent;
  return { reference, points, tooMuch: points > MAX_FALL };
}
