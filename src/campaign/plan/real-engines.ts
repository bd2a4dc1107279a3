/**
 * `--engine vllm`: a scenario written for doubles, on a tiny real engine that shares a small machine with everything else. The
 * rule (docs/testing/e2e-guide.md): what a real engine cannot do is refused with its place; numbers are scaled, in blocks, so
 * that prompts keep their shape; what a rule cannot say stands in the scenario itself, under `with.vllm`.
 */
import { UsageError } from "../../base/errors.js";
import type { EngineSpec, LabCapability, LabFactory } from "../../lab/ports.js";
import type { FleetEntry, RealEngineOptions } from "../schema/fleet.js";
import type { ScenarioSource } from "../schema/scenario-file.js";
import type { Scenario } from "../schema/scenario-schema.js";
import type { StepSpec } from "../schema/steps.js";

/** Two to three processes and 2.2 GB each. */
const MAX_REPLICAS = 2;
/** Small enough that an eviction, which takes as many foreign prompts as the pool holds, costs a CPU well under a second. */
const MAX_BLOCKS = 256;
/** vLLM's attention on CPUs refuses others. */
const BLOCK_MULTIPLE = 32;
/** Of the requests per second. */
const LOAD_SHARE = 0.1;
/** Questions to the gateway cost engines nothing, but the same two cores. */
const QUESTION_SHARE = 0.25;
/** Probes that engines have to work for, per second at most. */
const MAX_PER_S = { visibility: 1, follow: 1, isolation: 0.2, invalidation: 0.2, flip: 0.3 };
const PHASE_FACTOR = 2;
const OPPORTUNITY_SHARE = 0.03;
/** An engine's publisher competes with its step loop for one interpreter: up to 0.4 s were seen from batch to wire. */
const MIN_BOUNDS_MS = { staleness: 2000, recovery: 8000, gap: 4000, departure: 4000, adapter: 5000, silence: 10_000 };

/** Every answer of a real engine says what it took from its cache: that is compared with what the router claimed. */
export const SECOND_ORACLE = "cached-tokens-agree";

export function onRealEngines(source: ScenarioSource, options: RealEngineOptions = {}): ScenarioSource {
  const given = source.scenario.with?.vllm ?? {};
  const moved = Object.keys(given);
  const inPlace = (path: readonly PropertyKey[]): readonly PropertyKey[] => {
    if (moved.includes(String(path[0]))) return ["with", "vllm", ...path];
    return path[0] === "expect" && path[1] === "opportunities" && moved.includes("opportunities")
      ? ["with", "vllm", ...path.slice(1)]
      : path;
  };
  return {
    ...source,
    scenario: scaled(source.scenario, given, options),
    locate: (path) => source.locate(inPlace(path)),
    locateKey: (path) => source.locateKey(inPlace(path)),
  };
}

function scaled(
  scenario: Scenario,
  given: NonNullable<NonNullable<Scenario["with"]>["vllm"]>,
  options: RealEngineOptions,
): Scenario {
  const { bounds, phases, expect } = scenario;
  const atLeast = (key: keyof typeof MIN_BOUNDS_MS): number => Math.max(bounds[key], MIN_BOUNDS_MS[key]);
  return {
    ...scenario,
    fleet: (given.fleet ?? scenario.fleet).map((entry) => realEntry(entry, options)),
    steps: given.steps ?? scenario.steps,
    workload: scenario.workload.map((one) =>
      one.kind === "engine-load" ? one : { ...one, rate_per_s: one.rate_per_s * LOAD_SHARE },
    ),
    probes: scaledProbes(scenario.probes),
    phases: { ...phases, warmup: phases.warmup * PHASE_FACTOR, steady: phases.steady * PHASE_FACTOR },
    bounds: {
      staleness: atLeast("staleness"),
      recovery: atLeast("recovery"),
      gap: atLeast("gap"),
      departure: atLeast("departure"),
      adapter: atLeast("adapter"),
      silence: atLeast("silence"),
    },
    expect: { ...expect, opportunities: given.opportunities ?? fewer(expect.opportunities) },
  };
}

function realEntry(entry: FleetEntry, options: RealEngineOptions): FleetEntry {
  const { engine } = entry;
  return {
    ...entry,
    replicas: Math.min(entry.replicas, MAX_REPLICAS),
    engines_per_process: 1,
    engine: {
      ...engine,
      ...defined(options),
      kind: "vllm",
      blocks: Math.min(engine.blocks, MAX_BLOCKS),
      block_size: Math.ceil(engine.block_size / BLOCK_MULTIPLE) * BLOCK_MULTIPLE,
      // It is as fast as it is.
      prefill_tokens_per_s: 0,
      decode_ms_per_token: 0,
    },
  };
}

function defined(options: RealEngineOptions): Partial<FleetEntry["engine"]> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function scaledProbes(probes: Scenario["probes"]): Scenario["probes"] {
  const scaledRates = Object.entries(probes).map(([key, value]) => {
    if (!key.endsWith("_per_s") || typeof value !== "number") return [key, value];
    const most: number | undefined = (MAX_PER_S as Record<string, number>)[key.slice(0, -"_per_s".length)];
    return [key, most === undefined ? value * QUESTION_SHARE : Math.min(value, most)];
  });
  return Object.fromEntries(scaledRates) as Scenario["probes"];
}

function fewer(opportunities: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(opportunities).map(([id, count]) => [
      id,
      count === 0 ? 0 : Math.max(1, Math.floor(count * OPPORTUNITY_SHARE)),
    ]),
  );
}

type Lab = Pick<
  LabFactory,
  "kind" | "capabilities" | "discovers" | "dialects" | "reasonWithout" | "refuses" | "injector"
>;

/** What only doubles and their lab port can do. */
const DOUBLES_ONLY: readonly LabCapability[] = ["engine.control", "host.memory-limit", "host.disk-full"];

/** In a pod a real engine has no keeper beside it that could hold it or hand its place on, and no relay before it. */
const DOUBLES_ONLY_IN_PODS: readonly LabCapability[] = ["engine.freeze", "engine.address-reuse", "links"];

export function withRealEngines(lab: Lab): Lab {
  const lacking = new Set([...DOUBLES_ONLY, ...(lab.kind === "kubernetes" ? DOUBLES_ONLY_IN_PODS : [])]);
  const capabilities = new Set([...lab.capabilities].filter((capability) => !lacking.has(capability)));
  return {
    kind: lab.kind,
    dialects: lab.dialects,
    capabilities,
    reasonWithout: (capability) =>
      lacking.has(capability)
        ? `engines are real vLLM, and only kvproof's own have ${capability}`
        : lab.reasonWithout(capability),
    refuses: (fault) => lab.refuses?.(fault) ?? null,
    ...(lab.injector === undefined ? {} : { injector: lab.injector }),
    ...(lab.discovers === undefined ? {} : { discovers: lab.discovers }),
  };
}

/** @throws UsageError KVP_E_SCENARIO_IMPOSSIBLE with the place of what no real vLLM can do. */
export function checkRealEngines(source: ScenarioSource): void {
  const { fleet, steps, workload } = source.scenario;
  const refuse = (path: readonly PropertyKey[], problem: string): never => {
    throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${source.locate(path)} ${problem}`);
  };
  const real = fleet.flatMap((entry, i) => (entry.engine.kind === "vllm" ? [{ entry, i }] : []));
  for (const { entry, i } of real) {
    const found = impossibleOption(entry.engine);
    if (found !== null) refuse(["fleet", i, "engine", found.key], `a real vLLM cannot do this: ${found.why}`);
  }
  const models = new Set(real.map(({ entry }) => entry.model));
  for (const [i, { kind, models: of }] of workload.entries())
    if (kind === "engine-load" && real.length > 0 && (of ?? [...models]).some((model) => models.has(model)))
      refuse(["workload", i, "kind"], "a real vLLM cannot do this: it makes no load by itself");
  for (const [i, step] of steps.entries()) {
    const found = aimsAtReal(step, models) ? impossibleStep(step) : null;
    if (found !== null) refuse(["steps", i, found.key], `a real vLLM cannot do this: ${found.why}`);
  }
}

type Engine = FleetEntry["engine"];
interface Impossible {
  readonly key: string;
  readonly why: string;
}

function impossibleOption(engine: Engine): Impossible | null {
  const reasons: readonly (readonly [key: keyof Engine, impossible: boolean, why: string])[] = [
    [
      "dialect",
      [engine.dialect].flat().some((name) => !MAP_DIALECT.test(name)),
      "it speaks the dialect of its release",
    ],
    ["replay", !engine.replay, "the tap that stands for its ledger needs the replay endpoint; gateway.replay hides it"],
    ["groups", engine.groups > 1, "events of hybrid models do not say where their blocks stand"],
    ["cpu_blocks", engine.cpu_blocks > 0, "a CPU tier needs an offloading connector"],
    ["publish_at_start", engine.publish_at_start > 0, "it publishes what requests make it cache"],
    ["prefill_tokens_per_s", engine.prefill_tokens_per_s > 0, "it is as fast as it is"],
    ["decode_ms_per_token", engine.decode_ms_per_token > 0, "it is as fast as it is"],
  ];
  const found = reasons.find(([, impossible]) => impossible);
  return found === undefined ? null : { key: found[0], why: found[2] };
}

/** Events as maps, as vLLM sends them since 0.24. */
const MAP_DIALECT = /^vllm-0\.(2[4-9]|[3-9]\d)$/;

function impossibleStep(step: StepSpec): Impossible | null {
  if (step.do === "engine.restart" && step.overtake !== "no")
    return {
      key: "overtake",
      why: "it publishes what requests make it cache, not a given number of batches at its start",
    };
  if (step.do === "engine.add" && step.publish_at_start > 0)
    return { key: "publish_at_start", why: "it publishes what requests make it cache" };
  return null;
}

function aimsAtReal(step: StepSpec, models: ReadonlySet<string>): boolean {
  if ("model" in step) return models.has(step.model);
  const [, model = "*"] = step.engine.split("/");
  return model === "*" ? models.size > 0 : models.has(model);
}

/** vLLM serves adapters at run time only when it was told at its start that there will be some. */
export function withAdapterLoads(engines: readonly EngineSpec[], steps: readonly StepSpec[]): EngineSpec[] {
  const loads = steps.some((step) => step.do === "adapter.load" || step.do === "adapter.reload");
  return engines.map((engine) => (engine.vllm !== undefined && loads ? { ...engine, loadsAdapters: true } : engine));
}
