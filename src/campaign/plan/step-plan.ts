/** The timetable: steps in order, with the time that each one's effect needs before the next may blur it. */
import type { Scenario } from "../schema/scenario-schema.js";
import type { StepSpec } from "../schema/steps.js";
import type { PlannedStep } from "./plan.js";

/** Beyond the bound itself: time for a few judged questions. */
const OBSERVATION_MS = 500;

export function planSteps(steps: readonly StepSpec[], sample: number, bounds: Scenario["bounds"]): PlannedStep[] {
  const inOrder = [...steps].sort((a, b) => a.at - b.at);
  const planned: PlannedStep[] = [];
  for (const [i, step] of inOrder.entries()) {
    const before = planned.at(-1);
    const earliest = before === undefined ? 0 : before.atMs + before.settleMs;
    const next = inOrder[i + 1];
    const pauseMs = next === undefined ? Number.POSITIVE_INFINITY : next.at - step.at;
    planned.push({
      atMs: Math.max(Math.round(step.at * sample), earliest),
      settleMs: Math.min(pauseMs, settleMs(step, bounds)),
      step,
    });
  }
  return planned;
}

function settleMs(step: StepSpec, bounds: Scenario["bounds"]): number {
  if (step.do.startsWith("adapter.")) return bounds.adapter + OBSERVATION_MS;
  if (step.do.startsWith("cache.")) return bounds.staleness + OBSERVATION_MS;
  return bounds.departure + OBSERVATION_MS;
}
