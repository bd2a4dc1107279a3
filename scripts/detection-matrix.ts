/** Writes docs/testing/detection-matrix.md from the last `npm run mutants`, which must have been a whole and clean one: `npm run docs:matrix`. */
import { readFileSync, writeFileSync } from "node:fs";
import { detectionPage } from "../test/mutants/detection-page.js";
import { loadDefects } from "../test/mutants/load-defects.js";
import type { Matrix } from "../test/mutants/matrix.js";

const RESULT = new URL("../test-results/mutants.json", import.meta.url);
const PAGE = new URL("../docs/testing/detection-matrix.md", import.meta.url);

try {
  const defects = await loadDefects();
  const matrix = JSON.parse(readFileSync(RESULT, "utf8")) as Matrix;
  const page = detectionPage(
    matrix,
    defects.map(({ id }) => id),
  );
  writeFileSync(PAGE, page);
  process.stdout.write(`docs/testing/detection-matrix.md: ${matrix.rows.length} defects\n`);
} catch (thrown) {
  process.stderr.write(`${(thrown as Error).message}\n`);
  process.exitCode = 64;
}
