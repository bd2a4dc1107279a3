/** docs/testing/detection-matrix.md: what one whole run of `npm run mutants` found. Anything less than a whole clean run is no page. */
import { UsageError } from "../../src/base/errors.js";
import { complaints, markdownOf, type Matrix } from "./matrix.js";

/** Simulated runs without a defect that a whole run has. */
export const CLEAN_SEEDS = 5000;

const MAX_NAMED = 5;

/** @throws UsageError KVP_E_USAGE when the matrix is not that of all of today's defects and enough clean seeds, or not clean. */
export function detectionPage(matrix: Matrix, today: readonly string[]): string {
  const why = shortcoming(matrix, today);
  if (why !== null)
    throw new UsageError("KVP_E_USAGE", `no page is made of this run: ${why}. Run \`npm run mutants\` whole`);
  return [
    "# Detection matrix",
    "",
    "Gateways that are broken on purpose, each as some real system was, and the properties that found them: ● a property that the defect",
    "had to break, · another one that failed as well. Written by `npm run docs:matrix` from one whole run of `npm run mutants`",
    `(revision ${matrix.revision}). How a defect is written: [test/mutants](../../test/mutants/defect.ts).`,
    "",
    markdownOf(matrix),
  ].join("\n");
}

function shortcoming(matrix: Matrix, today: readonly string[]): string | null {
  const hunted = new Set(matrix.rows.map(({ id }) => id));
  const missing = today.filter((id) => !hunted.has(id));
  if (missing.length > 0) return `${missing.length} defects were not hunted: ${named(missing)}`;
  const gone = [...hunted].filter((id) => !today.includes(id));
  if (gone.length > 0) return `defects that are no more were hunted: ${named(gone)}`;
  const seeds = matrix.clean?.seeds ?? 0;
  if (seeds < CLEAN_SEEDS) return `${seeds} seeds without a defect, ${CLEAN_SEEDS} are wanted`;
  const [first, ...others] = complaints(matrix);
  if (first === undefined) return null;
  return others.length === 0 ? first : `${first}, and ${others.length} more`;
}

function named(ids: readonly string[]): string {
  return ids.length <= MAX_NAMED ? ids.join(", ") : `${ids.slice(0, MAX_NAMED).join(", ")}, …`;
}
