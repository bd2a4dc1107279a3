/** What a seed stands for: a fleet, and what happens when. */
import { Rng } from "../base/rng.js";
import type { Adapter, HashAlgorithm } from "../engine/cache/engine-types.js";
import type { Dialect } from "../protocol/dialects.js";

export type Happening =
  | "request"
  | "store"
  | "evict"
  | "reset"
  | "sample"
  | "cross"
  | "suffix"
  | "visibility"
  | "invalidation"
  | "dry-run"
  | "observe"
  | "converge"
  | "empty"
  | "leave"
  | "restart";

export interface SimFleetMember {
  readonly name: string;
  readonly model: string;
  readonly startsMs: number;
  /** Later than `startsMs`: it publishes before anyone subscribes. */
  readonly joinsMs: number;
  readonly gpuBlocks: number;
  readonly cpuBlocks: number;
  readonly groups: number;
  readonly ranks: number;
  readonly dialect: Dialect;
  readonly hash: HashAlgorithm;
}

export interface SimPlan {
  readonly seed: number;
  readonly blockSize: number;
  readonly models: readonly string[];
  readonly adapters: readonly Adapter[];
  readonly maxDelayMs: number;
  readonly fleet: readonly SimFleetMember[];
  readonly happenings: readonly { readonly atMs: number; readonly what: Happening }[];
  readonly endMs: number;
}

export const SIM_BOUNDS = { stalenessMs: 60, recoveryMs: 400, gapMs: 300, departureMs: 100, adapterMs: 100 } as const;

const BUSY_MS = 800;
const RATE_PER_MS = 0.35;
/** Stores at its end leave something to ask for. */
const LAST_STORES = 4;
/** After the load: quiet for longer than the recovery bound, then questions that must be answered exactly. */
const CONVERGE_MS = 1500;
const END_MS = 1800;

const USUAL: readonly Happening[] = [
  ...Array<Happening>(8).fill("request"),
  ...Array<Happening>(3).fill("store"),
  ...Array<Happening>(3).fill("evict"),
  ...Array<Happening>(10).fill("sample"),
  ...Array<Happening>(2).fill("cross"),
  ...Array<Happening>(2).fill("suffix"),
  ...Array<Happening>(2).fill("visibility"),
  ...Array<Happening>(2).fill("invalidation"),
  ...Array<Happening>(3).fill("dry-run"),
  "observe",
];
const RARE: readonly Happening[] = ["reset", "leave", "restart"];
const RARE_CHANCE = 0.02;
const DIALECTS: readonly Dialect[] = ["vllm-0.20", "vllm-0.22", "vllm-0.26", "vllm-0.30"];

export function planOf(seed: number): SimPlan {
  const rng = new Rng(seed).fork("plan");
  const models = rng.chance(0.3) ? ["m", "n"] : ["m"];
  const engines = rng.int(1, 4) + models.length - 1;
  const fleet = Array.from({ length: engines }, (_, i) => member(rng, i, models[i % models.length] as string));
  const happenings: { atMs: number; what: Happening }[] = [];
  for (let atMs = 5; atMs < BUSY_MS; atMs += rng.float() * (2 / RATE_PER_MS)) {
    happenings.push({ atMs, what: rng.pick(rng.chance(RARE_CHANCE) ? RARE : USUAL) });
  }
  for (let i = 0; i < LAST_STORES; i++) happenings.push({ atMs: BUSY_MS + 50 + i, what: "store" });
  for (let i = 0; i < 40; i++) happenings.push({ atMs: CONVERGE_MS + i, what: "converge" });
  happenings.push({ atMs: CONVERGE_MS + 50, what: "observe" }, { atMs: CONVERGE_MS + 60, what: "empty" });
  happenings.push({ atMs: END_MS - 1, what: "observe" });
  const adapters = ["sql", "chat"].map((name, i): Adapter => ({ name, path: `./${name}`, id: i + 1 }));
  const maxDelayMs = rng.pick([0.2, 2, 10]);
  return { seed, blockSize: rng.pick([2, 4, 16]), models, adapters, maxDelayMs, fleet, happenings, endMs: END_MS };
}

function member(rng: Rng, index: number, model: string): SimFleetMember {
  const startsMs = rng.chance(0.7) ? 0 : rng.int(0, 400);
  return {
    name: `${model}/${index}`,
    model,
    startsMs,
    joinsMs: startsMs + (rng.chance(0.5) ? 1 : rng.int(1, 200)),
    gpuBlocks: rng.pick([40, 80, 400]),
    cpuBlocks: rng.chance(0.3) ? rng.int(8, 64) : 0,
    groups: rng.chance(0.2) ? 2 : 1,
    ranks: rng.chance(0.2) ? 2 : 1,
    dialect: rng.pick(DIALECTS),
    hash: rng.pick(["sha256", "sha256_cbor"]),
  };
}
