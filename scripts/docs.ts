/** `npm run docs`: writes the reference pages that are generated from source. With `--check`, fails if one is stale. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorsPage } from "../src/base/error-docs.js";
import { scenarioPage } from "../src/campaign/schema/scenario-docs.js";
import { failureModesPage } from "../test/failure-modes/failure-modes-page.js";
import { anomaliesPage } from "../test/failure-modes/anomalies-page.js";
import { chaosMeshPage } from "../test/chaos/docs/chaos-mesh-page.js";
import { runbookPage } from "../test/chaos/docs/runbook-page.js";

const pages: Record<string, () => string | Promise<string>> = {
  "docs/reference/errors.md": errorsPage,
  "docs/testing/anomalies.md": anomaliesPage,
  "docs/reference/scenario.md": scenarioPage,
  "docs/testing/chaos-mesh.md": chaosMeshPage,
  "docs/testing/chaos-runbook.md": runbookPage,
  "docs/testing/failure-modes.md": failureModesPage,
};

let stale = 0;
for (const [path, render] of Object.entries(pages)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const text = await render();
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    stale += 1;
    console.error(`${path} is stale: run \`npm run docs\``);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
