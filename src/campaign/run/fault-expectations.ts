/** What every run with faults is held to, whether its scenario says so or not. */
import type { SutCapabilities } from "../../judge/history/records.js";
import { quietOf } from "../../lab/faults/quiet.js";
import type { PlannedFault } from "../plan/fault-plan.js";
import type { Plan } from "../plan/plan.js";

const IS_TOLD = "fault-is-told";
/** A fault that is over must be forgotten within this, seconds of backoff and replays included. */
const CONVERGE_WITHIN = "max <= 30000";

/** The scenario's checks, and whether each fault can be seen from outside, of systems that log and count. */
export function checksUnderFaults(
  { checks, faults }: Pick<Plan, "checks" | "faults">,
  tellsOfFaults: boolean,
): readonly string[] {
  if (!tellsOfFaults || checks.includes(IS_TOLD)) return checks;
  return faults.some(mustBeTold) ? [...checks, IS_TOLD] : checks;
}

/** The scenario's thresholds, and 30 s to converge after each fault where it sets no other limit. */
export function thresholdsUnderFaults(
  { thresholds, faults, gateway }: Pick<Plan, "thresholds" | "faults" | "gateway">,
  { match }: SutCapabilities,
): Plan["thresholds"] {
  if (faults.length === 0 || !match || !gateway.events) return thresholds;
  return { recovery_ms: [CONVERGE_WITHIN], converge_ms: [CONVERGE_WITHIN], ...thresholds };
}

function mustBeTold(fault: PlannedFault): boolean {
  const { log, metric } = quietOf(fault);
  return log === undefined || metric === undefined;
}
