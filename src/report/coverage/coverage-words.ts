/** A coverage history in words and rows. */
import { COVERAGE_KINDS, type CoverageEntry, type CoverageKind } from "./coverage-history.js";

export const ROOM_HEAD = ["room of src/", ...COVERAGE_KINDS.map((kind) => `${kind} %`), "lines, change"] as const;

/** One row per room and one for all, each with the change of its lines against the measurement before. */
export function roomRows(entries: readonly CoverageEntry[]): string[][] {
  const [before, now] = [entries.at(-2), entries.at(-1)];
  if (now === undefined) return [];
  const row = (name: string, covered: CoverageEntry["total"], then: CoverageEntry["total"] | undefined): string[] => [
    name,
    ...COVERAGE_KINDS.map((kind) => covered[kind].toFixed(2)),
    then === undefined ? (before === undefined ? "" : "new") : points(covered.lines - then.lines),
  ];
  return [
    row("all", now.total, before?.total),
    ...Object.entries(now.rooms).map(([room, covered]) => row(room, covered, before?.rooms[room])),
  ];
}

export function valuesOf(entries: readonly CoverageEntry[], kind: CoverageKind): number[] {
  return entries.map(({ total }) => total[kind]);
}

/** `1a2b3c4d5e6f`, with what is special about the measurement. */
export function entryName({ commit, dirty, accepted, fell }: CoverageEntry): string {
  const marks = [
    ...(dirty ? ["uncommitted changes"] : []),
    ...(accepted ? ["fall accepted"] : []),
    ...(fell ? ["fell too far"] : []),
  ];
  return `${commit ?? "unknown commit"}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`;
}

/** `lines 91.2 % (+0.3), …`: in brackets the change in points against `before`. */
export function coverageLine({ total }: CoverageEntry, before: CoverageEntry | undefined): string {
  return COVERAGE_KINDS.map((kind) => `${kind} ${total[kind]} %${changed(total[kind], before?.total[kind])}`).join(
    ", ",
  );
}

function changed(now: number, before: number | undefined): string {
  return before === undefined ? "" : ` (${points(now - before)})`;
}

/** With its sign, two digits. */
export function points(difference: number): string {
  const digits = Math.abs(difference).toFixed(2);
  if (Number(digits) === 0) return "±0";
  return `${difference < 0 ? "−" : "+"}${digits}`;
}

export function damagedWords(file: string, damaged: number): string {
  return `${file}: ${damaged} ${damaged === 1 ? "line is" : "lines are"} damaged or of another version`;
}
