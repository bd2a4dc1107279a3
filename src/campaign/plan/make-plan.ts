/** Scenario → plan; refuses, up front and with the place in the file, what the lab or the system under test cannot do. */
import { NS_PER_MS } from "../../base/clock.js";
import { didYouMean } from "../../base/did-you-mean.js";
import { type ErrorCode, UsageError } from "../../base/errors.js";
import type { Bounds } from "../../judge/history/records.js";
import type { GatewaySpec, LabCapability, LabFactory, SutLaunch } from "../../lab/ports.js";
import type { RealEngineOptions } from "../schema/fleet.js";
import type { EngineLoadSpec, WorkloadSpec } from "../schema/load.js";
import type { Scenario } from "../schema/scenario-schema.js";
import type { ScenarioSource } from "../schema/scenario-file.js";
import type { StepSpec } from "../schema/steps.js";
import { checkFaults, checkFaultsOnSut, planFaults } from "./fault-plan.js";
import { matchesTarget, planEngines, planTemplates } from "./fleet-plan.js";
import type { Plan } from "./plan.js";
import { checkRealEngines, onRealEngines, SECOND_ORACLE, withAdapterLoads, withRealEngines } from "./real-engines.js";
import { ratesOf } from "./rising-rates.js";
import { sampledFleet, sampledOpportunities, sampledPhases, sampledRate, sampledStepMs } from "./sampling.js";
import { planSteps } from "./step-plan.js";

export interface PlanOptions {
  readonly sample: number;
  /** Overrides the scenario's own seed. */
  readonly seed?: number;
  /** Real engines in the place of all doubles, with numbers scaled to what they can do here (real-engines.ts). */
  readonly engine?: "vllm";
  /** Of those real engines, on top of what the scenario says. */
  readonly engineOptions?: RealEngineOptions;
  /** Where those stand, for the command that repeats the run. */
  readonly engineOptionsFile?: string;
  readonly gatewayCommand?: readonly string[];
  /** Another system under test in our gateway's place. */
  readonly launch?: SutLaunch;
  readonly lab: Pick<
    LabFactory,
    "kind" | "capabilities" | "discovers" | "dialects" | "reasonWithout" | "refuses" | "injector" | "repeatOptions"
  >;
  /** Ids that the judge knows. */
  readonly properties: readonly string[];
  readonly checks: readonly string[];
}

/** @throws UsageError KVP_E_SCENARIO_INVALID, KVP_E_SCENARIO_IMPOSSIBLE or KVP_E_UNKNOWN_PROPERTY, naming the place. */
export function makePlan(asWritten: ScenarioSource, given: PlanOptions): Plan {
  const source = given.engine === undefined ? asWritten : onRealEngines(asWritten, given.engineOptions);
  const { scenario } = source;
  const real = scenario.fleet.some(({ engine }) => engine.kind === "vllm");
  const options = real ? { ...given, lab: withRealEngines(given.lab) } : given;
  checkRealEngines(source);
  checkNames(source, options);
  const { sample } = options;
  const seed = options.seed ?? scenario.seed;
  const engineLoad = plannedLoad(scenario, sample);
  // A load at another rate, or over fewer engines, would measure something else.
  const fleetSample = engineLoad === null ? sample : 1;
  const engines = withAdapterLoads(planEngines(scenario.fleet, fleetSample, seed), scenario.steps);
  const gateway = gatewaySpec(scenario, options);
  checkSteps(source, options, new Set(engines.map((engine) => engine.engine)));
  checkFaults(source, options.lab, engines);
  checkFaultsOnSut(source, options.launch);
  const bounds = boundsOf(scenario);
  const steps = planSteps(
    scenario.steps.map((step) => sampledStep(step, sample)),
    sample,
    scenario.bounds,
  );
  const phases = sampledPhases(scenario.phases, sample);
  return {
    id: scenario.id,
    title: scenario.title,
    file: source.file,
    seed,
    sample,
    lab: options.lab.kind,
    ...(given.lab.repeatOptions === undefined ? {} : { labOptions: given.lab.repeatOptions }),
    ...(options.engine === undefined ? {} : { engineKind: options.engine }),
    ...(options.engineOptionsFile === undefined ? {} : { engineOptionsFile: options.engineOptionsFile }),
    engines,
    templates: planTemplates(engines),
    gateway,
    workloads: scenario.workload
      .filter((one): one is WorkloadSpec => one.kind !== "engine-load")
      .map((one) => ({ ...one, rate_per_s: sampledRate(one.rate_per_s, sample) }) as WorkloadSpec),
    engineLoad,
    probes: sampledProbes(scenario.probes, sample),
    ...phases,
    ...(engineLoad?.rising === undefined ? {} : { steadyMs: ratesOf(engineLoad).length * engineLoad.rising.step }),
    steps,
    ...planFaults(scenario, sample),
    // Another injector breaks what it breaks without the lab's own means.
    ...(options.lab.injector === undefined ? {} : { needsRelay: false, needsVolumes: false }),
    bounds,
    checks: real ? [...new Set([...scenario.checks, SECOND_ORACLE])] : scenario.checks,
    opportunities: sampledOpportunities(scenario.expect.opportunities, sample),
    thresholds: scenario.expect.thresholds,
    marks: scenario.expect.marks,
    exclusive: scenario.exclusive,
  };
}

function plannedLoad({ workload }: Scenario, sample: number): EngineLoadSpec | null {
  const load = workload.find((one) => one.kind === "engine-load");
  if (load?.rising === undefined) return load ?? null;
  return { ...load, rising: { ...load.rising, step: sampledStepMs(load.rising.step, sample) } };
}

function gatewaySpec(scenario: Scenario, options: PlanOptions): GatewaySpec {
  const { events, replay, cap_blocks, min_match_blocks, trace_applied, cpu_first } = scenario.gateway;
  return {
    events,
    replay,
    ...(options.lab.discovers ? { discover: true } : {}),
    ...(cap_blocks === undefined ? {} : { capBlocks: cap_blocks }),
    ...(min_match_blocks === undefined ? {} : { minMatchBlocks: min_match_blocks }),
    ...(trace_applied === undefined ? {} : { traceApplied: trace_applied }),
    ...(cpu_first ? { cpuFirst: true } : {}),
    ...(options.gatewayCommand === undefined ? {} : { command: options.gatewayCommand }),
    ...(options.launch === undefined ? {} : { launch: options.launch }),
  };
}

function boundsOf({ bounds }: Scenario): Bounds {
  return {
    stalenessNs: bounds.staleness * NS_PER_MS,
    recoveryNs: bounds.recovery * NS_PER_MS,
    gapNs: bounds.gap * NS_PER_MS,
    departureNs: bounds.departure * NS_PER_MS,
    adapterNs: bounds.adapter * NS_PER_MS,
    silenceNs: bounds.silence * NS_PER_MS,
  };
}

function sampledProbes(probes: Scenario["probes"], sample: number): Scenario["probes"] {
  return Object.fromEntries(
    Object.entries(probes).map(([key, value]) => [
      key,
      key.endsWith("_per_s") && typeof value === "number" ? sampledRate(value, sample) : value,
    ]),
  ) as Scenario["probes"];
}

function sampledStep(step: StepSpec, sample: number): StepSpec {
  if (step.do === "engine.add") return { ...step, count: sampledFleet(step.count, sample) };
  return step.do === "engine.scale" ? { ...step, to: sampledFleet(step.to, sample) } : step;
}

function refuse(source: ScenarioSource, path: readonly PropertyKey[], problem: string, code: ErrorCode): never {
  throw new UsageError(code, `${source.locate(path)} ${problem}`);
}

function checkNames(source: ScenarioSource, options: PlanOptions): void {
  const { scenario } = source;
  for (const id of Object.keys(scenario.expect.opportunities)) {
    if (options.properties.includes(id)) continue;
    const problem = `no property has the id ${id}${didYouMean(id, options.properties)}; known: ${options.properties.join(", ")}`;
    throw new UsageError("KVP_E_UNKNOWN_PROPERTY", `${source.locateKey(["expect", "opportunities", id])} ${problem}`);
  }
  for (const [i, id] of scenario.checks.entries()) {
    if (options.checks.includes(id)) continue;
    const problem = `no check has the id ${id}${didYouMean(id, options.checks)}; known: ${options.checks.join(", ")}`;
    refuse(source, ["checks", i], problem, "KVP_E_UNKNOWN_PROPERTY");
  }
  const models = scenario.fleet.map((entry) => entry.model);
  for (const [i, entry] of scenario.fleet.entries()) {
    const unknown = [entry.engine.dialect].flat().find((dialect) => !options.lab.dialects.includes(dialect));
    if (unknown === undefined) continue;
    const problem = `no engine of the ${options.lab.kind} lab speaks ${unknown}${didYouMean(unknown, options.lab.dialects)}; known: ${options.lab.dialects.join(", ")}`;
    refuse(source, ["fleet", i, "engine", "dialect"], problem, "KVP_E_SCENARIO_IMPOSSIBLE");
  }
  for (const [i, workload] of scenario.workload.entries()) {
    const unknown = workload.models?.find((model) => !models.includes(model));
    if (unknown === undefined) continue;
    refuse(
      source,
      ["workload", i, "models"],
      `the fleet has no model ${unknown}${didYouMean(unknown, models)}`,
      "KVP_E_SCENARIO_INVALID",
    );
  }
}

/** Which ability of the lab each step needs beyond starting and stopping engines. */
const NEEDS: Partial<Record<StepSpec["do"], LabCapability>> = {
  "engine.kill": "engine.kill",
  "engine.restart": "engine.restart-in-place",
  "engine.migrate": "engine.address-change",
  "engine.replace": "engine.address-reuse",
  "engine.evict": "engine.evict",
  "node.drain": "node.drain",
};

function checkSteps(source: ScenarioSource, options: PlanOptions, initial: ReadonlySet<string>): void {
  const engines = new Set(initial);
  const models = new Set([...initial].map((engine) => engine.slice(0, engine.indexOf("/"))));
  const inOrder = [...source.scenario.steps.entries()].sort(([, a], [, b]) => a.at - b.at);
  for (const [i, step] of inOrder) {
    const need = NEEDS[step.do];
    if (need !== undefined && !options.lab.capabilities.has(need)) {
      refuse(
        source,
        ["steps", i, "do"],
        `the ${options.lab.kind} lab cannot do ${step.do}: ${options.lab.reasonWithout(need) ?? `no ${need}`}`,
        "KVP_E_SCENARIO_IMPOSSIBLE",
      );
    }
    if ("model" in step) {
      if (!models.has(step.model))
        refuse(
          source,
          ["steps", i, "model"],
          `the fleet has no model ${step.model}${didYouMean(step.model, models)}`,
          "KVP_E_SCENARIO_INVALID",
        );
      addNames(engines, step.model, step.do === "engine.add" ? step.count : step.to);
    } else if (![...engines].some((engine) => matchesTarget(step.engine, engine))) {
      refuse(
        source,
        ["steps", i, "engine"],
        `no engine matches ${step.engine}; there are ${[...engines].join(", ")}`,
        "KVP_E_SCENARIO_INVALID",
      );
    }
    if (step.do === "engine.rollout") addNames(engines, step.engine.split("/")[1] ?? "", engines.size);
    if (step.do === "engine.replace") addNames(engines, step.engine.split("/")[1] ?? "", 1);
  }
}

/** Names that a step may add; which of them exist is known only in the run. */
function addNames(engines: Set<string>, model: string, count: number): void {
  const last = Math.max(
    0,
    ...[...engines].filter((name) => name.startsWith(`${model}/`)).map((name) => Number(name.slice(model.length + 1))),
  );
  for (let n = last + 1; n <= last + count; n++) engines.add(`${model}/${n}`);
}
