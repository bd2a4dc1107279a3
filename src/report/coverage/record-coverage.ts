/** What happens after the tests were measured: a line of history, and whether coverage may be what it is. */
import { coverageFall, MAX_FALL } from "./coverage-fall.js";
import { appendCoverage, type CoverageEntry, readCoverage } from "./coverage-history.js";
import { coverageLine, damagedWords } from "./coverage-words.js";
import { measuredCoverage } from "./measured-coverage.js";

export interface CoverageFacts {
  /** `coverage-summary.json`. */
  readonly summary: string;
  readonly history: string;
  /** Of the checkout; paths of files in the summary lie below it. */
  readonly root: string;
  readonly at: Date;
  readonly commit: string | null;
  readonly dirty: boolean;
  /** A fall is meant. */
  readonly accept: boolean;
}

export interface RecordedCoverage {
  /** For people. */
  readonly lines: readonly string[];
  readonly exitCode: 0 | 1;
}

/** @throws UsageError as measuredCoverage, readCoverage and appendCoverage */
export function recordCoverage({ summary, history, root, at, commit, dirty, accept }: CoverageFacts): RecordedCoverage {
  const measured = measuredCoverage(summary, root);
  const { entries, damaged } = readCoverage(history);
  const fall = coverageFall(entries, measured.total.lines);
  const refused = fall !== null && fall.tooMuch && !accept;
  const entry: CoverageEntry = {
    schemaVersion: 1,
    at: at.toISOString(),
    commit,
    dirty,
    ...(accept ? { accepted: true } : {}),
    ...(refused ? { fell: true } : {}),
    ...measured,
  };
  appendCoverage(history, entry);
  const lines = [`coverage: ${coverageLine(entry, entries.at(-1))}`];
  if (damaged > 0) lines.push(damagedWords(history, damaged));
  if (fall !== null && fall.tooMuch) lines.push(fallLine(fall.points, fall.reference, refused));
  return { lines, exitCode: refused ? 1 : 0 };
}

function fallLine(fell: number, { total, commit, at }: CoverageEntry, refused: boolean): string {
  const what = `line coverage fell by ${fell.toFixed(2)} points below ${total.lines} % (${commit ?? "unknown commit"}, ${at}); more than ${MAX_FALL}`;
  return refused
    ? `${what} is a failure. Test what is new, or say \`npm run coverage -- --accept\` if it is meant.`
    : `${what}, and accepted.`;
}
