/** From a plan that violates something to the smallest found that violates the same. */
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import { type JudgedPlan, judgePlan, resultOf } from "../campaign/run-seed.js";
import type { SimPlan } from "../plan/plan.js";
import { shrinkPlan } from "./shrink-plan.js";

export interface MinimalFailure extends JudgedPlan {
  readonly property: string;
  readonly tries: number;
}

/** `property` = the one to hold on to. */
export async function shrinkFailure(
  plan: SimPlan,
  property: string,
  hashes: HashFunctions,
  signal: AbortSignal,
): Promise<MinimalFailure> {
  const fails = async (candidate: SimPlan): Promise<boolean> =>
    resultOf(await judgePlan(candidate, hashes)).violations.some((found) => found.property === property);
  const shrunk = await shrinkPlan(plan, fails, signal);
  return { ...(await judgePlan(shrunk.plan, hashes, true)), property, tries: shrunk.tries };
}
