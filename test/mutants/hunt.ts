/** What came of one defect. */
import type { FiledDefect } from "./load-defects.js";

/** Different seeds under which a named property must have failed. */
export const SEEDS_WANTED = 2;

export interface Sighting {
  readonly seed: number;
  readonly anomaly: string | null;
  /** All properties that failed, named or not. */
  readonly failed: readonly string[];
  /** What the first named one said. */
  readonly proof: string;
}

export interface Hunt {
  readonly defect: FiledDefect;
  /** Runs in which a named property failed. */
  readonly sightings: readonly Sighting[];
  readonly seedsTried: number;
  /** Properties that failed in any run. */
  readonly failed: readonly string[];
  /** Why it was not hunted to the end: it did not build, a run broke off, time was up. */
  readonly trouble: string | null;
}

export function isFound(hunt: Hunt): boolean {
  return new Set(hunt.sightings.map(({ seed }) => seed)).size >= SEEDS_WANTED;
}

/** The named properties that failed, in the order in which the defect names them. */
export function foundBy({ defect, sightings }: Hunt): string[] {
  return defect.foundBy.filter((id) => sightings.some(({ failed }) => failed.includes(id)));
}
