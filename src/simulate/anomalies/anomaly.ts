/** A named way for a picture to go wrong, as the shortest plan that brings it about: what is cached, what is broken meanwhile, what is asked. */
import type { SimFaultKind } from "../plan/fault-kinds.js";
import type { HistoryRecord } from "../../judge/history/records.js";
import { type Happening, type PlannedHappening, SIM_BOUNDS, type SimFleetMember, type SimPlan } from "../plan/plan.js";

export interface Anomaly {
  readonly id: string;
  /** What happens, in words. */
  readonly what: string;
  /** Faults that must have had an effect. */
  readonly faults: readonly SimFaultKind[];
  /** It really happened, by what the engines did and the gateway counted. */
  readonly happened: (history: readonly HistoryRecord[]) => boolean;
  /** Properties that must have been exercised. All hold, these and any other. */
  readonly exercises: readonly string[];
  /** Properties that nobody can keep when this happens. */
  readonly excused: readonly string[];
  /** The seed chooses prompts, delays and who is asked. */
  readonly plan: (seed: number) => SimPlan;
}

export interface Sketch {
  readonly fleet?: readonly Partial<SimFleetMember>[];
  readonly models?: readonly string[];
  readonly capBlocks?: number;
  /** Before, during and after the faults. */
  readonly before?: readonly Act[];
  readonly during?: readonly Act[];
  readonly after?: readonly Act[];
  readonly faults?: readonly Broken[];
  /** Scales the faults, 0 to 1. */
  readonly amount?: number;
}

/** A fault, where it matters with its duration in milliseconds. */
export type Broken = SimFaultKind | readonly [SimFaultKind, number];

/** A happening, where it matters with the engine that it concerns. */
export type Act = Happening | readonly [Happening, string];

const FAULT_AT_MS = 200;
const FAULT_FOR_MS = 120;
const STEP_MS = 5;
const CALM_MS = FAULT_AT_MS + FAULT_FOR_MS + SIM_BOUNDS.recoveryMs + 100;
const QUESTIONS = 40;
const ASK_EVERY_MS = 3;

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
  const at = (fromMs: number, list: readonly Act[], stepMs = STEP_MS): PlannedHappening[] =>
    list.map((act, i) => {
      const [what, engine] = typeof act === "string" ? [act] : act;
      // What two engines are told to do one after the other with the same prompt has one seed.
      const pair = engine === undefined ? i : Math.floor(i / fleet.length);
      const when = { atMs: fromMs + i * stepMs, what, seed: (seed * 1009 + fromMs) * 1013 + pair };
      return engine === undefined ? when : { ...when, engine };
    });
  const faults = (sketch.faults ?? []).map((broken, i) => {
    const [kind, forMs] = typeof broken === "string" ? [broken, FAULT_FOR_MS] : broken;
    const engine = kind.startsWith("gateway.") ? null : first.name;
    return {
      id: `f${i}`,
      kind,
      engine,
      atMs: FAULT_AT_MS,
      forMs,
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
      ...at(convergeMs, [...Array<Happening>(QUESTIONS).fill("converge"), "observe"], ASK_EVERY_MS),
    ],
    faults,
    cheapHashes: true,
    capBlocks: sketch.capBlocks ?? null,
    endMs: convergeMs + 300,
  };
}

export const STORES: readonly Act[] = ["store", "store", "sample", "store", "sample", "store"];
export const REMOVALS: readonly Act[] = ["evict", "sample", "evict", "punch", "sample", "evict", "punch", "store"];
