/** What a run will do, to the last number: the scenario with sampling, names and bounds resolved. Written to the run directory. */
import type { Bounds } from "../../judge/history/records.js";
import type { EngineSpec, GatewaySpec } from "../../lab/ports.js";
import type { EngineLoadSpec, ProbeSpec, WorkloadSpec } from "../schema/load.js";
import type { PlannedFault } from "./fault-plan.js";
import type { StepSpec } from "../schema/steps.js";

export interface PlannedStep {
  /** From the start of the steady phase. */
  readonly atMs: number;
  /** What must pass after this step before the next one, so that its effect can be seen. */
  readonly settleMs: number;
  readonly step: StepSpec;
}

export interface Plan {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly seed: number;
  /** 1 = the whole scenario. */
  readonly sample: number;
  readonly lab: string;
  /** What that lab is opened with, as words of the command line. */
  readonly labOptions?: readonly string[];
  /** All engines are real ones in the place of doubles (`--engine vllm`). */
  readonly engineKind?: "vllm";
  readonly engineOptionsFile?: string;
  readonly engines: readonly EngineSpec[];
  /** The engine that `engine.add` makes more of, per model. */
  readonly templates: Readonly<Record<string, EngineSpec>>;
  readonly gateway: GatewaySpec;
  readonly workloads: readonly WorkloadSpec[];
  readonly engineLoad: EngineLoadSpec | null;
  readonly probes: ProbeSpec;
  readonly warmupMs: number;
  readonly steadyMs: number;
  readonly steps: readonly PlannedStep[];
  readonly faultMs: number;
  /** Under load, after the last fault is over. */
  readonly healMs: number;
  readonly faults: readonly PlannedFault[];
  /** Engines must be reached through the relay. */
  readonly needsRelay: boolean;
  /** What processes write must lie on small volumes. */
  readonly needsVolumes: boolean;
  readonly bounds: Bounds;
  readonly checks: readonly string[];
  readonly opportunities: Readonly<Record<string, number>>;
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  readonly marks: readonly string[];
  readonly exclusive: boolean;
}
