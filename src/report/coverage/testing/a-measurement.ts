/** A measurement of coverage, made up. */
import type { Covered, CoverageEntry } from "../coverage-history.js";

interface MadeUp extends Partial<Pick<CoverageEntry, "at" | "commit" | "dirty" | "accepted" | "fell">> {
  /** Percent; branches are made less. */
  readonly lines: number;
  readonly rooms?: Readonly<Record<string, number>>;
}

const covered = (lines: number): Covered => ({ lines, branches: lines / 2, functions: lines, statements: lines });

export function aMeasurement({ lines, rooms = {}, ...facts }: MadeUp): CoverageEntry {
  return {
    schemaVersion: 1,
    at: "2026-11-23T10:00:00.000Z",
    commit: "c1",
    dirty: false,
    ...facts,
    total: covered(lines),
    rooms: Object.fromEntries(Object.entries(rooms).map(([room, percent]) => [room, covered(percent)])),
  };
}
