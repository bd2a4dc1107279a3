/** Everything that is stored about how things went over time, as the renderings show it. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../base/errors.js";
import { COVERAGE_FILE, type CoverageEntry, readCoverage } from "../coverage/coverage-history.js";
import { damagedWords } from "../coverage/coverage-words.js";
import { type ScenarioTrend, scenarioTrends } from "./scenario-trends.js";
import { readCampaigns, type StoredCampaign } from "./stored-campaigns.js";

export interface TrendView {
  readonly root: string;
  /** By time. */
  readonly campaigns: readonly StoredCampaign[];
  readonly scenarios: readonly ScenarioTrend[];
  /** By time; empty when nobody measured. */
  readonly coverage: readonly CoverageEntry[];
  /** What was passed over, and why. */
  readonly notes: readonly string[];
}

/**
 * `scenario`: only those whose name contains it.
 * @throws UsageError KVP_E_FILE_NOT_FOUND when nothing is stored there, KVP_E_HISTORY_INVALID for an unreadable coverage history
 */
export function loadTrend(root: string, scenario = ""): TrendView {
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `${root} is no folder; results of \`kvproof run\` go to runs/`);
  const { campaigns, notes } = readCampaigns(root);
  const coverageFile = join(root, COVERAGE_FILE);
  const { entries, damaged } = readCoverage(coverageFile);
  const lost = damaged === 0 ? [] : [damagedWords(coverageFile, damaged)];
  const scenarios = scenarioTrends(campaigns).filter((trend) => trend.scenario.includes(scenario));
  if (scenarios.length === 0 && (entries.length === 0 || scenario !== "")) throw nothing(root, scenario, notes);
  return { root, campaigns, scenarios, coverage: entries, notes: [...notes, ...lost] };
}

function nothing(root: string, scenario: string, notes: readonly string[]): UsageError {
  const what =
    scenario === "" ? "no campaign and no coverage history" : `no campaign with a scenario named ${scenario}`;
  const over = notes.length === 0 ? "" : `; ${notes[0]}${notes.length > 1 ? `, and ${notes.length - 1} more` : ""}`;
  return new UsageError("KVP_E_FILE_NOT_FOUND", `${what} below ${root}${over}`);
}
