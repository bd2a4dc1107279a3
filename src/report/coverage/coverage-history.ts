/** Code coverage of kvproof's own tests over time: one line per measurement, oldest first. Written by `npm run coverage`. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { asError, UsageError } from "../../base/errors.js";
import { plainText } from "../plain-text.js";

/** In the folder of results. */
export const COVERAGE_FILE = "coverage-history.ndjson";
/** Older lines are dropped. */
const MAX_LINES = 500;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export const COVERAGE_KINDS = ["lines", "branches", "functions", "statements"] as const;
export type CoverageKind = (typeof COVERAGE_KINDS)[number];

const percent = z.number().min(0).max(100);
const coveredShape = z.object({ lines: percent, branches: percent, functions: percent, statements: percent });
const entryShape = z.object({
  schemaVersion: z.literal(1),
  at: plainText.refine((text) => Number.isFinite(Date.parse(text)), "no time"),
  commit: plainText.nullable(),
  dirty: z.boolean(),
  accepted: z.literal(true).optional(),
  fell: z.literal(true).optional(),
  total: coveredShape,
  rooms: z.record(plainText, coveredShape),
});

/** Percent, 0 to 100. */
export type Covered = Readonly<z.infer<typeof coveredShape>>;
export interface CoverageEntry {
  readonly schemaVersion: 1;
  readonly at: string;
  readonly commit: string | null;
  /** The checkout differed from the commit. */
  readonly dirty: boolean;
  /** A fall that somebody accepted: the measure from then on. */
  readonly accepted?: true | undefined;
  /** A fall that nobody accepted: never a measure for others. */
  readonly fell?: true | undefined;
  readonly total: Covered;
  /** By folder of src/. */
  readonly rooms: Readonly<Record<string, Covered>>;
}

export interface CoverageHistory {
  readonly entries: readonly CoverageEntry[];
  /** Lines that are damaged or of another version. */
  readonly damaged: number;
}

/** Empty when there is no file. @throws UsageError KVP_E_HISTORY_INVALID when there is one that is too large or unreadable */
export function readCoverage(file: string): CoverageHistory {
  const parsed = linesOf(file).map(entryOf);
  const entries = parsed.filter((entry) => entry !== null);
  return { entries, damaged: parsed.length - entries.length };
}

/** Lines that cannot be read are kept as they are. @throws as readCoverage, and KVP_E_OUT_UNWRITABLE */
export function appendCoverage(file: string, entry: CoverageEntry): void {
  const lines = [...linesOf(file), JSON.stringify(entry)].slice(-MAX_LINES);
  try {
    mkdirSync(dirname(file), { recursive: true });
    // In one step: a history that is cut off half-way would be gone.
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, `${lines.join("\n")}\n`);
    renameSync(fresh, file);
  } catch (cause) {
    throw new UsageError("KVP_E_OUT_UNWRITABLE", `${file}: ${asError(cause).message}`, { cause });
  }
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has ${size} bytes; at most ${MAX_FILE_BYTES} are read`);
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
  } catch (cause) {
    throw new UsageError("KVP_E_HISTORY_INVALID", `${file} is not readable: ${asError(cause).message}`, { cause });
  }
}

function entryOf(line: string): CoverageEntry | null {
  try {
    return entryShape.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
