/** The only file here that knows the simulation's interface: what a judge says of one simulated run of these cores. */
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { judgeHistory } from "../../src/judge/judge.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { SIM_FAULT_KINDS, type SimFaultKind } from "../../src/simulate/plan/fault-kinds.js";
import { DEFAULT_STEPS, makePlan } from "../../src/simulate/plan/make-plan.js";
import type { Happening, SimPlan } from "../../src/simulate/plan/plan.js";
import { simulatePlan } from "../../src/simulate/simulate-run.js";

const hashes = await loadHashes("sha256_cbor");

const BUSY_STEPS = 1000;
const HARMLESS: ReadonlySet<Happening> = new Set([
  "sample",
  "cross",
  "suffix",
  "dry-run",
  "observe",
  "converge",
  "empty",
]);

/** Nothing is published any more once the last fault is over: what it took at the end, no later batch betrays. */
function endQuietly(plan: SimPlan): SimPlan {
  const endMs = Math.max(0, ...plan.faults.map(({ atMs, forMs }) => atMs + forMs));
  return { ...plan, happenings: plan.happenings.filter(({ atMs, what }) => atMs < endMs || HARMLESS.has(what)) };
}

/** What a plan can have besides faults. */
const SETTINGS: Readonly<Record<string, (plan: SimPlan) => SimPlan>> = {
  "no-replay": (plan) => ({ ...plan, fleet: plan.fleet.map((member) => ({ ...member, replay: false })) }),
  "short-ring": (plan) => ({ ...plan, fleet: plan.fleet.map((member) => ({ ...member, ringBatches: 6 })) }),
  "small-cap": (plan) => ({ ...plan, capBlocks: 60 }),
  "quiet-end": endQuietly,
  busy: (plan) => plan,
};

/** @param anomaly kinds of faults and settings that the run shall have, joined by "+"; null = whatever the seed chooses. */
export function judgeSeed(seed: number, anomaly: string | null): Promise<JudgeReport> {
  return judgeHistory(simulatePlan(anomaly === null ? makePlan(seed) : planWith(seed, anomaly.split("+")), hashes));
}

function planWith(seed: number, wanted: readonly string[]): SimPlan {
  const faults = wanted.filter(isFault);
  const settings = wanted.filter((name) => !isFault(name));
  const unknown = settings.find((name) => !(name in SETTINGS));
  if (unknown !== undefined) throw new RangeError(`the simulation knows no anomaly ${unknown}`);
  return settings.reduce(
    (plan, name) => SETTINGS[name]?.(plan) ?? plan,
    makePlan(seed, { faults, steps: wanted.includes("busy") ? BUSY_STEPS : DEFAULT_STEPS }),
  );
}

function isFault(name: string): name is SimFaultKind {
  return (SIM_FAULT_KINDS as readonly string[]).includes(name);
}
