/** Scenario files → plans, with the judge's own names for what may be demanded. */
import { KvproofError } from "../base/errors.js";
import { PROPERTY_IDS, SCENARIO_CHECKS } from "../judge/properties/catalogue.js";
import { checkThresholds } from "./plan/check-thresholds.js";
import { makePlan, type PlanOptions } from "./plan/make-plan.js";
import type { Plan } from "./plan/plan.js";
import { readScenarios, type Selection } from "./scenario-files.js";

export interface ScenarioPlanOptions extends Omit<PlanOptions, "properties" | "checks">, Selection {
  /** Told of each scenario that this lab or system cannot run, which is then left out; absent = the first one is an error. */
  readonly onImpossible?: (reason: string) => void;
}

/** @throws UsageError with the place of the first scenario that is wrong; also when none is left. */
export function planScenarios(files: readonly string[], options: ScenarioPlanOptions): Plan[] {
  const names = { properties: PROPERTY_IDS, checks: SCENARIO_CHECKS.map((check) => check.id) };
  const sources = readScenarios(files, options);
  sources.forEach(checkThresholds);
  const refused: KvproofError[] = [];
  const plans = sources.flatMap((source) => {
    try {
      return [makePlan(source, { ...options, ...names })];
    } catch (thrown) {
      const impossible = thrown instanceof KvproofError && thrown.code === "KVP_E_SCENARIO_IMPOSSIBLE";
      if (!impossible || options.onImpossible === undefined) throw thrown;
      refused.push(thrown);
      return [];
    }
  });
  const [first] = refused;
  if (plans.length === 0 && first !== undefined) throw first;
  for (const { message } of refused) options.onImpossible?.(message);
  return plans;
}
