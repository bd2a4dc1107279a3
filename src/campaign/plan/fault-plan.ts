/** Faults → a timetable with times resolved; refuses what this lab or these engines cannot suffer. */
import { type ErrorCode, UsageError } from "../../base/errors.js";
import { faultOf } from "../../lab/faults/catalogue.js";
import type { Fault } from "../../lab/faults/fault.js";
import type { EngineSpec, LabFactory, SutLaunch } from "../../lab/ports.js";
import { COMMON_FAULT_KEYS, type FaultSpec } from "../schema/faults.js";
import type { ScenarioSource } from "../schema/scenario-file.js";
import type { Scenario } from "../schema/scenario-schema.js";
import { matchesTarget } from "./fleet-plan.js";
import { sampledFault } from "./sampling.js";

export interface PlannedFault {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  /** From the start of the fault phase. */
  readonly atMs: number;
  readonly forMs: number;
  /** Of its kind, validated, defaults filled in. */
  readonly parameters: object;
}

export interface FaultPlan {
  readonly faultMs: number;
  readonly healMs: number;
  readonly faults: readonly PlannedFault[];
  /** Engines must be reached through the relay. */
  readonly needsRelay: boolean;
  /** What processes write must lie on small volumes. */
  readonly needsVolumes: boolean;
}

const DEFAULT_FAULT_MS = 5_000;
const DEFAULT_HEAL_MS = 2_000;
/** A fault whose time has no end of its own lasts at least this long, whatever is left of the phase. */
const MIN_REST_MS = 500;

export function planFaults(scenario: Scenario, sample: number): FaultPlan {
  const { faults, phases } = scenario;
  const given = faults.length > 0;
  const phaseMs = sampledFault(phases.fault ?? (given ? DEFAULT_FAULT_MS : 0), sample);
  const planned = faults.map((spec) => plannedFault(spec, phaseMs, sample));
  return {
    faultMs: Math.max(phaseMs, ...planned.map(({ atMs, forMs }) => atMs + forMs)),
    healMs: phases.heal ?? (given ? DEFAULT_HEAL_MS : 0),
    faults: planned.sort((a, b) => a.atMs - b.atMs),
    needsRelay: faults.some(({ kind }) => faultOf(kind)?.needs.includes("links")),
    needsVolumes: faults.some(({ kind }) => faultOf(kind)?.needs.includes("host.disk-full")),
  };
}

function plannedFault(spec: FaultSpec, phaseMs: number, sample: number): PlannedFault {
  const atMs = Math.round(spec.at * sample);
  return {
    id: spec.id,
    kind: spec.kind,
    target: spec.target,
    atMs,
    forMs: spec.for === undefined ? Math.max(MIN_REST_MS, phaseMs - atMs) : sampledFault(spec.for, sample),
    parameters: parametersOf(spec),
  };
}

function parametersOf(spec: FaultSpec): object {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== "kind" && !COMMON_FAULT_KEYS.has(key)));
}

type FaultPlaces = Pick<LabFactory, "capabilities" | "reasonWithout" | "refuses" | "injector">;

/** @throws UsageError with the place in the file and the reason. */
export function checkFaults(source: ScenarioSource, lab: FaultPlaces, engines: readonly EngineSpec[]): void {
  for (const [i, spec] of source.scenario.faults.entries()) {
    const refuse = (key: string, problem: string, code: ErrorCode = "KVP_E_SCENARIO_IMPOSSIBLE"): never => {
      throw new UsageError(code, `${source.locate(["faults", i, key])} ${problem}`);
    };
    const fault = faultOf(spec.kind);
    if (fault === undefined) return refuse("kind", `there is no fault ${spec.kind}`);
    const refusal = refusalOf(fault, spec, lab);
    if (refusal !== null) refuse("kind", `${spec.kind} is impossible here: ${refusal}`);
    if (!fault.targets.includes(aimOf(spec.target)))
      refuse("target", `${spec.kind} cannot be aimed at ${spec.target}; it can be aimed at: ${aimsOf(fault)}`);
    const targets = targetsIn(spec.target, engines);
    if (aimOf(spec.target) === "engines" && targets.length === 0) {
      const names = engines.map(({ engine }) => engine).join(", ");
      refuse("target", `no engine matches ${spec.target}; there are ${names}`, "KVP_E_SCENARIO_INVALID");
    }
    const why = fault.impossible?.(parametersOf(spec), targets, spec.target) ?? null;
    if (why !== null) refuse("kind", `${spec.kind} cannot work so: ${why}`);
  }
}

function refusalOf(fault: Fault, spec: FaultSpec, lab: FaultPlaces): string | null {
  const { kind, target } = spec;
  if (lab.injector !== undefined) return lab.injector.refuses({ kind, target, parameters: parametersOf(spec) });
  const lacking = fault.needs.find((capability) => !lab.capabilities.has(capability));
  if (lacking !== undefined) return lab.reasonWithout(lacking) ?? `no ${lacking}`;
  return lab.refuses?.(kind) ?? null;
}

/** A system that runs already can be asked, not broken. @throws UsageError with the place in the file. */
export function checkFaultsOnSut(source: ScenarioSource, launch: SutLaunch | undefined): void {
  if (launch?.kind !== "http" || launch.command !== undefined) return;
  for (const [i, { kind, target }] of source.scenario.faults.entries()) {
    if (target !== "gateway") continue;
    const why = `${kind} on gateway is impossible: the system under test at ${launch.url} was not started by the lab`;
    throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${source.locate(["faults", i, "target"])} ${why}`);
  }
}

export function targetsIn<T extends { readonly engine: string }>(target: string, engines: readonly T[]): readonly T[] {
  return aimOf(target) === "engines" ? engines.filter(({ engine }) => matchesTarget(target, engine)) : [];
}

function aimOf(target: string): Fault["targets"][number] {
  return target === "gateway" || target === "host" ? target : "engines";
}

function aimsOf(fault: Fault): string {
  return fault.targets.map((aim) => (aim === "engines" ? "engines/…" : aim)).join(", ");
}
