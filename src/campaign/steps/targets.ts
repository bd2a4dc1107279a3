/** The engines that a step's target stands for, now. */
import { UsageError } from "../../base/errors.js";
import type { EngineHandle } from "../../lab/ports.js";
import { matchesTarget } from "../plan/fleet-plan.js";
import type { RunContext } from "../run/run-context.js";

/**
 * @throws UsageError KVP_E_SCENARIO_IMPOSSIBLE when nothing that runs matches, unless engines were lost against the plan: then
 * the run goes on without them, and its verdict says so.
 */
export function targetsOf({ lab, fleet }: RunContext, target: string): EngineHandle[] {
  const handles = lab.engines().filter(({ spec }) => matchesTarget(target, spec.engine));
  if (handles.length > 0 || fleet.lostEngines > 0) return handles;
  const running = lab.engines().map(({ spec }) => spec.engine);
  throw new UsageError(
    "KVP_E_SCENARIO_IMPOSSIBLE",
    `no running engine matches ${target}; running: ${running.join(", ")}`,
  );
}
