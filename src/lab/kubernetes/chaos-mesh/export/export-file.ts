/** The file of one scenario: what it is, what differs from a run of kvproof, and the object. */
import { stringify } from "yaml";
import { differencesOf, type ExportedScenario } from "./exported.js";
import { scheduleOf } from "./schedule.js";
import { workflowOf } from "./workflow.js";

export const EXPORT_FORMATS = ["schedule", "workflow"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export function exportFile(scenario: ExportedScenario, format: ExportFormat, everyMs: number): string {
  const object = format === "schedule" ? scheduleOf(scenario, everyMs) : workflowOf(scenario);
  const head = [
    `${scenario.id}: ${scenario.title}`,
    "Written by `kvproof chaos export` for Chaos Mesh 2.8.3 and the pods of deploy/base. It breaks things and judges nothing:",
    "`kvproof run --lab kubernetes` does both.",
    ...differencesOf(scenario).map((line) => `Differs from the scenario: ${line}.`),
  ];
  const comments = head.map((line) => `# ${line}\n`).join("");
  return `${comments}${stringify(object, { aliasDuplicateObjects: false })}`;
}
