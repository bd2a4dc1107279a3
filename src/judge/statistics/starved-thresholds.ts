/** Thresholds on time that were missed on a machine that had no CPU for what is measured: they say nothing about it. */
import type { ThresholdResult } from "../verdict.js";

/** Share of the time in which waiting for a CPU is everyday life. */
const WAITED_SHARE = 0.05;

/** `waited`: share of the steady phase in which the system under test waited; undefined where the machine does not tell. */
export function starvedOf(result: ThresholdResult, waited: number | undefined): ThresholdResult {
  const missed = result.verdict === "fail" && result.measure.endsWith("_ms");
  return missed && waited !== undefined && waited > WAITED_SHARE ? { ...result, verdict: "unknown" } : result;
}
