/** What a seed stands for. */
import type { Rng } from "../../base/rng.js";
import type { Adapter } from "../../engine/cache/engine-types.js";
import type { Dialect } from "../../protocol/dialects.js";
import { labelled } from "../labelled.js";
import { SIM_FAULT_KINDS, type SimFaultKind } from "./fault-kinds.js";
import { type Happening, type PlannedHappening, SIM_BOUNDS, type SimFleetMember, type SimPlan } from "./plan.js";
import { swarm } from "./swarm.js";

export interface SimOptions {
  /** Exactly so many; default: 1 to 6, by the seed. */
  readonly engines?: number;
  /** Things that happen: requests, cache changes, questions, departures. Default 200. */
  readonly steps?: number;
  /** Kinds of faults to choose from; default: all. None = an undisturbed run. */
  readonly faults?: readonly SimFaultKind[];
}

export const DEFAULT_STEPS = 200;
/** Shares of the steps before, during and after the faults. */
const BEFORE = 0.3;
const DURING = 0.4;
const CALM_MS = 500;
const FAULTS_MS = 1000;
const AFTER_MS = 500;
/** Stores at the end of the load leave something to ask for. */
const LAST_STORES = 4;
const CONVERGE_QUESTIONS = 40;
const SETTLE_MS = SIM_BOUNDS.recoveryMs + 50;

/** Share of seeds whose engines hash with SHA-256, as real ones do. */
const REAL_HASHES = 0.125;

const USUAL: readonly Happening[] = [
  ...Array<Happening>(8).fill("request"),
  ...Array<Happening>(3).fill("store"),
  ...Array<Happening>(2).fill("evict"),
  "punch",
  ...Array<Happening>(10).fill("sample"),
  ...Array<Happening>(2).fill("cross"),
  ...Array<Happening>(2).fill("suffix"),
  "visibility",
  "invalidation",
  ...Array<Happening>(3).fill("dry-run"),
  "observe",
];
const RARE: readonly Happening[] = ["reset", "leave", "restart", "replace"];
const RARE_CHANCE = 0.02;
const DIALECTS: readonly Dialect[] = [
  "vllm-0.20",
  "vllm-0.22",
  "vllm-0.24",
  "vllm-0.26",
  "vllm-0.30",
  "trtllm",
  "map-batch",
];

export function makePlan(seed: number, options: SimOptions = {}): SimPlan {
  const rng = labelled(seed, "plan");
  const models = rng.chance(0.3) ? ["m", "n"] : ["m"];
  const engines = options.engines ?? rng.int(1, 5) + models.length - 1;
  const fleet = Array.from({ length: engines }, (_, i) => member(rng, i, models[i % models.length] as string));
  const adapters = ["sql", "chat"].map((name, i): Adapter => ({ name, path: `./${name}`, id: i + 1 }));
  const maxDelayMs = rng.pick([0.2, 2, 10]);
  const blockSize = rng.pick([2, 4, 16]);
  const names = fleet.map(({ name }) => name);
  const window = { fromMs: CALM_MS, untilMs: CALM_MS + FAULTS_MS };
  const faults = swarm(labelled(seed, "faults"), names, window, options.faults ?? SIM_FAULT_KINDS);
  const { happenings, endMs } = timetable(labelled(seed, "steps"), options.steps ?? DEFAULT_STEPS, faults.length > 0);
  const name = `simulate/seed-${seed}`;
  const cheapHashes = !rng.chance(REAL_HASHES);
  const what = { fleet, happenings, faults, cheapHashes, capBlocks: null, endMs };
  return { seed, name, blockSize, models, adapters, maxDelayMs, ...what };
}

/** Load, the faults under load, time to heal, load again, quiet, and questions that must then be answered exactly. */
function timetable(rng: Rng, steps: number, broken: boolean): { happenings: PlannedHappening[]; endMs: number } {
  const happenings: PlannedHappening[] = [];
  const add = (atMs: number, what: Happening): void => void happenings.push({ atMs, what, seed: rng.u32() | 0 });
  const load = (count: number, fromMs: number, forMs: number): void => {
    for (let i = 0; i < count; i++) {
      add(fromMs + ((i + rng.float()) / count) * forMs, rng.pick(rng.chance(RARE_CHANCE) ? RARE : USUAL));
    }
  };
  const before = Math.round(steps * BEFORE);
  const during = Math.round(steps * DURING);
  load(before, 5, CALM_MS - 5);
  load(during, CALM_MS, FAULTS_MS);
  let atMs = CALM_MS + FAULTS_MS + (broken ? SETTLE_MS : 0);
  load(Math.max(0, steps - before - during), atMs, AFTER_MS);
  atMs += AFTER_MS + 60;
  for (let i = 0; i < LAST_STORES; i++) add(atMs + i, "store");
  atMs += SETTLE_MS;
  for (let i = 0; i < CONVERGE_QUESTIONS; i++) add(atMs + i, "converge");
  add(atMs + CONVERGE_QUESTIONS + 10, "observe");
  add(atMs + CONVERGE_QUESTIONS + 20, "empty");
  const endMs = atMs + CONVERGE_QUESTIONS + 20 + SIM_BOUNDS.departureMs + 50;
  add(endMs - 1, "observe");
  return { happenings, endMs };
}

function member(rng: Rng, index: number, model: string): SimFleetMember {
  const startsMs = rng.chance(0.7) ? 0 : rng.int(0, 400);
  return {
    name: `${model}/${index}`,
    model,
    startsMs,
    joinsMs: startsMs + (rng.chance(0.5) ? 1 : rng.int(1, 200)),
    gpuBlocks: rng.pick([40, 80, 240]),
    cpuBlocks: rng.chance(0.3) ? rng.int(8, 64) : 0,
    groups: rng.chance(0.2) ? 2 : 1,
    ranks: rng.chance(0.2) ? 2 : 1,
    dialect: rng.pick(DIALECTS),
    hash: rng.pick(["sha256", "sha256_cbor"]),
    intHashes: rng.chance(0.7),
    replay: rng.chance(0.9),
    ringBatches: rng.pick([10_000, 10_000, 10_000, 30, 8]),
    clockSkewS: rng.chance(0.2) ? rng.int(-3600, 3600) : 0,
  };
}
