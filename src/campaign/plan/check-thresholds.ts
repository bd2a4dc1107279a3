/** Refuses thresholds that could never be measured before anything runs, with their place in the file. */
import { didYouMean } from "../../base/did-you-mean.js";
import { asError, UsageError } from "../../base/errors.js";
import { THRESHOLD_MEASURES } from "../../judge/statistics/measures.js";
import { misfit, parseThreshold } from "../../judge/statistics/thresholds.js";
import type { ScenarioSource } from "../schema/scenario-file.js";

/** @throws UsageError KVP_E_SCENARIO_INVALID */
export function checkThresholds(source: ScenarioSource): void {
  const known = Object.keys(THRESHOLD_MEASURES);
  for (const [measure, expressions] of Object.entries(source.scenario.expect.thresholds)) {
    const path = ["expect", "thresholds", measure];
    if (!known.includes(measure)) {
      const problem = `nothing measures ${measure}${didYouMean(measure, known)}; measured are ${known.join(", ")}`;
      throw new UsageError("KVP_E_SCENARIO_INVALID", `${source.locateKey(path)} ${problem}`);
    }
    for (const [i, expression] of expressions.entries()) {
      const problem = problemOf(measure, expression);
      if (problem === null) continue;
      throw new UsageError("KVP_E_SCENARIO_INVALID", `${source.locate([...path, i])} ${problem}`);
    }
  }
}

function problemOf(measure: string, expression: string): string | null {
  try {
    return misfit(measure, parseThreshold(expression));
  } catch (thrown) {
    return asError(thrown).message;
  }
}
