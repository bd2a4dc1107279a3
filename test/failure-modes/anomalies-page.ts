/** docs/testing/anomalies.md: every anomaly of a stream, what happens, and the tests in which it does. */
import { ANOMALIES } from "../../src/simulate/anomalies/catalogue.js";
import { loadDefects } from "../mutants/load-defects.js";
import { type CoveredMode, coverageOf, inventory } from "./coverage.js";
import { SECTIONS } from "./sections.js";

/** The others are in failure-modes.md. */
const MAX_NAMED = 4;

export async function anomaliesPage(): Promise<string> {
  const have = inventory(await loadDefects());
  const modes = new Map(SECTIONS.flatMap((section) => section.modes).map((mode) => [mode.id, coverageOf(mode, have)]));
  const rows = ANOMALIES.map(({ id, what, faults, exercises, excused }) => {
    const held = excused.length === 0 ? exercises.join(" ") : `${exercises.join(" ")} (not: ${excused.join(" ")})`;
    return `| ${[id, what, faults.map(code).join(" "), held, alsoBy(modes.get(id))].join(" | ")} |`;
  });
  return [
    "# Anomalies",
    "",
    "What a stream of events can do to an index, each by itself: small runs of the [simulation](simulation.md). Generated from",
    "`src/simulate/anomalies` (`npm run docs`).",
    "",
    "```bash",
    "npx vitest run src/simulate/anomalies                               # every entry, 6 seeds each",
    "KVPROOF_ANOMALY_SEEDS=30 npx vitest run src/simulate/anomalies      # 30",
    "```",
    "",
    "A seed chooses prompts, delays and who is asked. In each run the anomaly must really have happened, the faults must have had an effect,",
    "and every property must hold, but for those that nobody can keep then; over the seeds the named properties must have been exercised. What else meets an anomaly",
    "(experiments, scenarios, seeded defects, tests) is listed whole in [failure modes](failure-modes.md#anomalies-of-a-stream).",
    "",
    "| id | what happens | faults | exercised | also met by |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function alsoBy(mode: CoveredMode | undefined): string {
  if (mode === undefined) return "";
  const all = [...mode.experiments, ...mode.scenarios, ...mode.mutants, ...mode.tests];
  const more = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : "";
  return `${all.slice(0, MAX_NAMED).map(code).join(" ")}${more}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
