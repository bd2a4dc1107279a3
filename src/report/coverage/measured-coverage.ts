/** `coverage-summary.json` of the test runner → percent in total and by room of src/. */
import { readFileSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { z } from "zod";
import { asError, UsageError } from "../../base/errors.js";
import { COVERAGE_KINDS, type Covered, type CoverageEntry } from "./coverage-history.js";

const counts = z.object({ total: z.number().nonnegative(), covered: z.number().nonnegative() });
const fileShape = z.object({ lines: counts, branches: counts, functions: counts, statements: counts });
type FileCounts = z.infer<typeof fileShape>;
const summaryShape = z.record(z.string(), fileShape);

/** @throws UsageError KVP_E_FILE_NOT_FOUND when it is missing or is no such summary */
export function measuredCoverage(file: string, root: string): Pick<CoverageEntry, "total" | "rooms"> {
  const { total, ...files } = readSummary(file);
  if (total === undefined || total.lines.total === 0)
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${file} counts no lines; \`npm run coverage\` writes one that does`);
  const rooms = new Map<string, FileCounts[]>();
  for (const [path, counted] of Object.entries(files)) {
    const [top, room, ...rest] = (isAbsolute(path) ? relative(root, path) : path).split(sep);
    if (top === "src" && room !== undefined && rest.length > 0) rooms.set(room, [...(rooms.get(room) ?? []), counted]);
  }
  const byRoom = [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([room, all]) => [room, percentOf(all)]);
  return { total: percentOf([total]), rooms: Object.fromEntries(byRoom) as Record<string, Covered> };
}

function readSummary(file: string): z.infer<typeof summaryShape> {
  try {
    return summaryShape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? "not a coverage summary" : asError(cause).message;
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${file}: ${problem}`, { cause });
  }
}

function percentOf(files: readonly FileCounts[]): Covered {
  const share = (kind: (typeof COVERAGE_KINDS)[number]): number => {
    const total = files.reduce((sum, counted) => sum + counted[kind].total, 0);
    const covered = files.reduce((sum, counted) => sum + counted[kind].covered, 0);
    return total === 0 ? 100 : Math.round((covered / total) * 10_000) / 100;
  };
  return {
    lines: share("lines"),
    branches: share("branches"),
    functions: share("functions"),
    statements: share("statements"),
  };
}
