/** Scenario files → plans, with the judge's own names for what may be demanded. */
import { PROPERTY_IDS, SCENARIO_CHECKS } from "../judge/properties/catalogue.js";
import { checkThresholds } from "./plan/check-thresholds.js";
import { makePlan, type PlanOptions } from "./plan/make-plan.js";
import type { Plan } from "./plan/plan.js";
import { readScenarios, type Selection } from "./scenario-files.js";

export type ScenarioPlanOptions = Omit<PlanOptions, "properties" | "checks"> & Selection;

/** @throws UsageError with the place of the first scenario that is wrong. */
export function planScenarios(files: readonly string[], options: ScenarioPlanOptions): Plan[] {
  const names = { properties: PROPERTY_IDS, checks: SCENARIO_CHECKS.map((check) => check.id) };
  const sources = readScenarios(files, options);
  sources.forEach(checkThresholds);
  return sources.map((source) => makePlan(source, { ...options, ...names }));
}
