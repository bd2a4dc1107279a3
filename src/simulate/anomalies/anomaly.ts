/** A named way for a picture to go wrong, as the shortest plan that brings it about: what is cached, what is broken meanwhile, what is asked. */
import type { SimFaultKind } from "../plan/fault-kinds.js";
import { type Happening, SIM_BOUNDS, type SimFleetMember, type SimPlan } from "../plan/plan.js";

export interface Anomaly {
  readonly id: string;
  /** What happens, in words. */
  readonly what: string;
  /** Faults that must have had an effect. */
  readonly faults: readonly SimFaultKind[];
  /** Properties that must have been exercised, and hold. */
  readonly exercises: readonly string[];
  readonly plan: SimPlan;
}

export interface Sketch {
  /** Of prompts and delays. Default 5. */
  readonly seed?: number;
  readonly fleet?: readonly Partial<SimFleetMember>[];
  readonly models?: readonly string[];
  readonly capBlocks?: number;
  /** Before, during and after the faults. */
  readonly before?: readonly Happening[];
  readonly during?: readonly Happening[];
  readonly after?: readonly Happening[];
  readonly faults?: readonly SimFaultKind[];
  /** Scales the faults, 0 to 1. */
  readonly amount?: number;
}

const FAULT_AT_MS = 200;
const FAULT_FOR_MS = 120;
const STEP_MS = 10;
const CALM_MS = FAULT_AT_MS + FAULT_FOR_MS + SIM_BOUNDS.recoveryMs + 100;
const QUESTIONS = 20;

const MEMBER: SimFleetMember = {
  name: "m/0",
  model: "m",
  startsMs: 0,
  joinsMs: 1,
  gpuBlocks: 60,
  cpuBlocks: 0,
  groups: 1,
  ranks: 1,
  dialect: "vllm-0.30",
  hash: "sha256_cbor",
  intHashes: true,
  replay: true,
  ringBatches: 10_000,
  clockSkewS: 0,
};

/** Every fault hits every message of the first engine. */
export function planOf(id: string, seed: number, sketch: Sketch): SimPlan {
  const models = sketch.models ?? ["m"];
  const fleet = (sketch.fleet ?? [{}]).map((change, i) => {
    const model = models[i % models.length] as string;
    return { ...MEMBER, model, name: `${model}/${i}`, ...change };
  });
  const first = fleet[0] as SimFleetMember;
  const at = (fromMs: number, list: readonly Happening[]) =>
    list.map((what, i) => ({ atMs: fromMs + i * STEP_MS, what, seed: seed * 1000 + fromMs + i }));
  const faults = (sketch.faults ?? []).map((kind, i) => {
    const engine = kind.startsWith("gateway.") ? null : first.name;
    return {
      id: `f${i}`,
      kind,
      engine,
      atMs: FAULT_AT_MS,
      forMs: FAULT_FOR_MS,
      share: 1,
      amount: sketch.amount ?? 0.5,
    };
  });
  const convergeMs = CALM_MS + SIM_BOUNDS.recoveryMs + 300;
  return {
    seed,
    name: `simulate/${id}`,
    blockSize: 4,
    models,
    adapters: [{ name: "sql", path: "./sql", id: 1 }],
    maxDelayMs: 2,
    fleet,
    happenings: [
      ...at(20, sketch.before ?? STORES),
      ...at(FAULT_AT_MS + 5, sketch.during ?? STORES),
      ...at(CALM_MS, [...(sketch.after ?? STORES), "observe"]),
      ...at(convergeMs, [...Array<Happening>(QUESTIONS).fill("converge"), "observe"]),
    ],
    faults,
    cheapHashes: true,
    capBlocks: sketch.capBlocks ?? null,
    endMs: convergeMs + 300,
  };
}

export const STORES: readonly Happening[] = ["store", "store", "sample", "store", "sample", "store"];
export const REMOVALS: readonly Happening[] = ["evict", "sample", "evict", "evict", "sample", "store"];
