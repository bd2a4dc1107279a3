/** What really covers each failure mode now: looked up in the files, never only claimed. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { planFaults, type PlannedFault } from "../../src/campaign/plan/fault-plan.js";
import { readScenarios } from "../../src/campaign/scenario-files.js";
import { SIM_FAULT_KINDS } from "../../src/simulate/plan/fault-kinds.js";
import type { FiledDefect } from "../mutants/load-defects.js";
import type { Cover, FailureMode } from "./mode.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Planned {
  readonly id: string;
  readonly faults: readonly PlannedFault[];
}

/** What this project has that can cover something. */
export interface Inventory {
  readonly scenarios: readonly Planned[];
  readonly simulated: ReadonlySet<string>;
  /** Seeded defects by the id of the known defect that they stand for. */
  readonly mutants: ReadonlyMap<string, readonly string[]>;
}

export interface CoveredMode extends FailureMode {
  readonly experiments: readonly string[];
  readonly scenarios: readonly string[];
  readonly anomalies: readonly string[];
  readonly mutants: readonly string[];
  readonly tests: readonly string[];
  /** Named covers that do not exist: the entry is wrong. */
  readonly missing: readonly string[];
  readonly covered: boolean;
}

export function inventory(defects: readonly FiledDefect[]): Inventory {
  const mutants = new Map<string, string[]>();
  for (const { id, covers } of defects)
    for (const known of covers) mutants.set(known, [...(mutants.get(known) ?? []), id]);
  const scenarios = readScenarios([`${ROOT}test/e2e`, `${ROOT}test/chaos/experiments`]).map((source) => ({
    id: source.scenario.id,
    faults: planFaults(source.scenario, 1).faults,
  }));
  return { scenarios, simulated: new Set(SIM_FAULT_KINDS), mutants };
}

export function coverageOf(mode: FailureMode, have: Inventory): CoveredMode {
  const missing: string[] = [];
  const named = new Set<string>();
  const anomalies: string[] = [];
  const tests: string[] = [];
  for (const cover of mode.by) {
    if ("fault" in cover) for (const id of withFault(cover, have.scenarios)) named.add(id);
    else if ("scenario" in cover) {
      if (have.scenarios.some(({ id }) => id === cover.scenario)) named.add(cover.scenario);
      else missing.push(`scenario ${cover.scenario}`);
    } else if ("simulated" in cover) {
      if (have.simulated.has(cover.simulated)) anomalies.push(cover.simulated);
      else missing.push(`simulated anomaly ${cover.simulated}`);
    } else if (hasTest(cover.test, cover.named)) tests.push(cover.test);
    else missing.push(`test "${cover.named}" in ${cover.test}`);
  }
  const experiments = [...named].filter((id) => id.startsWith("chaos/")).sort();
  const scenarios = [...named].filter((id) => !id.startsWith("chaos/")).sort();
  const mutants = have.mutants.get(mode.id) ?? [];
  const covered = [experiments, scenarios, anomalies, mutants, tests].some((by) => by.length > 0);
  return { ...mode, experiments, scenarios, anomalies, mutants, tests, missing, covered };
}

/** Share of the modes that apply, 0 to 1. */
export function shareCovered(modes: readonly CoveredMode[]): number {
  const applicable = modes.filter((mode) => mode.notApplicable === undefined);
  return applicable.filter((mode) => mode.covered).length / applicable.length;
}

function withFault(cover: Extract<Cover, { fault: string }>, scenarios: readonly Planned[]): string[] {
  const wanted = Object.entries(cover.with);
  const fits = ({ kind, target, parameters }: PlannedFault): boolean => {
    const given = parameters as Readonly<Record<string, unknown>>;
    if (kind !== cover.fault || (target === "gateway") !== (cover.target === "gateway")) return false;
    return wanted.every(([key, value]) => JSON.stringify(given[key]) === JSON.stringify(value));
  };
  return scenarios.filter(({ faults }) => faults.some(fits)).map(({ id }) => id);
}

function hasTest(file: string, name: string): boolean {
  return existsSync(`${ROOT}${file}`) && readFileSync(`${ROOT}${file}`, "utf8").includes(name);
}
