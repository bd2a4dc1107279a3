/** Scenarios as files for a Chaos Mesh that works without us. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asError, UsageError } from "../base/errors.js";
import { type ExportFormat, exportFile } from "../lab/kubernetes/chaos-mesh/export/export-file.js";
import { exported, type LeftOut, type ScenarioToExport } from "../lab/kubernetes/chaos-mesh/export/exported.js";
import { planFaults, targetsIn } from "./plan/fault-plan.js";
import { planEngines } from "./plan/fleet-plan.js";
import { readScenarios } from "./scenario-files.js";
import type { ScenarioSource } from "./schema/scenario-file.js";

export interface ChaosExport {
  readonly written: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

export interface ChaosExportOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly namespace: string;
  /** Between two starts of a schedule. */
  readonly everyMs: number;
}

/** @throws UsageError when no scenario can be exported, or the folder cannot be written. */
export function exportChaos(paths: readonly string[], options: ChaosExportOptions): ChaosExport {
  const { format, out, namespace, everyMs } = options;
  const results = readScenarios(paths).map((source) => {
    const scenario = toExport(source);
    return scenario.faults.length === 0
      ? { id: scenario.id, reason: "it breaks nothing" }
      : exported(scenario, namespace);
  });
  const leftOut = results.flatMap((result) => ("reason" in result ? [result] : []));
  const whole = results.flatMap((result) => ("reason" in result ? [] : [result]));
  const [first] = leftOut;
  if (whole.length === 0)
    throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `no scenario can be exported; ${first?.id}: ${first?.reason}`);
  try {
    mkdirSync(out, { recursive: true });
  } catch (cause) {
    throw new UsageError("KVP_E_OUT_UNWRITABLE", `${out}: ${asError(cause).message}`, { cause });
  }
  const written = whole.map((scenario) => {
    const file = join(out, `${scenario.name}.yaml`);
    writeFileSync(file, exportFile(scenario, format, everyMs));
    return file;
  });
  return { written, leftOut };
}

function toExport({ scenario }: ScenarioSource): ScenarioToExport {
  const engines = planEngines(scenario.fleet, 1, scenario.seed);
  const { faults, healMs } = planFaults(scenario, 1);
  return {
    id: scenario.id,
    title: scenario.title,
    engines: engines.length,
    healMs,
    faults: faults.map((fault) => ({ ...fault, hits: targetsIn(fault.target, engines).length })),
  };
}
