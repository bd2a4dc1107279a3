/** A scenario as a Chaos Mesh Schedule: again and again, either one experiment or a whole workflow. */
import { CHAOS_API_VERSION } from "../manifest.js";
import type { ExportedScenario } from "./exported.js";
import { embeddedKey, LABELS, seconds, workflowSpecOf } from "./workflow.js";

/** Finished experiments that are kept to be looked at. */
const HISTORY = 3;

export function scheduleOf(scenario: ExportedScenario, everyMs: number): object {
  const { name, namespace } = scenario;
  return {
    apiVersion: CHAOS_API_VERSION,
    kind: "Schedule",
    metadata: { name, namespace, labels: LABELS },
    spec: {
      schedule: `@every ${seconds(everyMs)}`,
      concurrencyPolicy: "Forbid",
      historyLimit: HISTORY,
      ...contentOf(scenario),
    },
  };
}

/** One experiment that begins at once needs no workflow around it. */
function contentOf(scenario: ExportedScenario): object {
  const [fault] = scenario.faults;
  const [experiment] = fault?.becomes.experiments ?? [];
  const single = scenario.faults.length === 1 && fault?.becomes.experiments.length === 1;
  if (!single || fault === undefined || experiment === undefined || fault.becomes.everyMs !== null || fault.atMs > 0)
    return { type: "Workflow", workflow: workflowSpecOf(scenario) };
  const { kind, spec, oneShot } = experiment;
  const lasting = oneShot ? spec : { ...spec, duration: seconds(fault.forMs) };
  return { type: kind, [embeddedKey(kind)]: lasting };
}
