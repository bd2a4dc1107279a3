/**
 * Ends `npm run coverage`: appends what was measured to the history that `kvproof trend` shows, and fails when line coverage fell
 * too far. Options: --accept (the fall is meant), --history FILE, --summary FILE.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { asError } from "../src/base/errors.js";
import { gitRevision } from "../src/campaign/machine.js";
import { COVERAGE_FILE } from "../src/report/coverage/coverage-history.js";
import { recordCoverage } from "../src/report/coverage/record-coverage.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What git tracks differs from the commit; without git nobody can say, so it is no measure for others. */
function isDirty(): boolean {
  try {
    return (
      execFileSync("git", ["status", "--porcelain", "--untracked-files=no"], { cwd: root, encoding: "utf8" }) !== ""
    );
  } catch {
    return true;
  }
}

try {
  const { values } = parseArgs({
    options: {
      accept: { type: "boolean", default: false },
      history: { type: "string", default: join(root, "runs", COVERAGE_FILE) },
      summary: { type: "string", default: join(root, "coverage", "coverage-summary.json") },
    },
  });
  const { lines, exitCode } = recordCoverage({
    ...values,
    root,
    at: new Date(),
    commit: gitRevision(),
    dirty: isDirty(),
  });
  for (const line of lines) console.log(line);
  process.exitCode = exitCode;
} catch (thrown) {
  console.error(asError(thrown).message);
  process.exitCode = 64;
}
