/** The only file here that knows the simulation's interface: what a judge says of one simulated run of these cores. */
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { judgeHistory } from "../../src/judge/judge.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { SIM_FAULT_KINDS, type SimFault, type SimFaultKind } from "../../src/simulate/plan/fault-kinds.js";
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
  "small-cache": (plan) => ({ ...plan, fleet: plan.fleet.map((member) => ({ ...member, gpuBlocks: 40 })) }),
  "slow-links": (plan) => ({ ...plan, maxDelayMs: 10 }),
  busy: (plan) => plan,
  together: (plan) => plan,
};

const TOGETHER_AT_MS = 600;
const TOGETHER_FOR_MS = 500;
/** A gateway that comes back meets what is still broken. */
const GATEWAY_FOR_MS = 60;

/** Each of these faults on every engine at the same time. */
function together(plan: SimPlan, kinds: readonly SimFaultKind[]): SimPlan {
  const amount = 0.1 + (plan.seed % 5) * 0.1;
  const common = { atMs: TOGETHER_AT_MS, share: 0.5, amount };
  const faults = kinds.flatMap((kind): SimFault[] => {
    if (kind.startsWith("gateway.")) return [{ ...common, id: kind, kind, engine: null, forMs: GATEWAY_FOR_MS }];
    const forMs = TOGETHER_FOR_MS;
    return plan.fleet.map(({ name }) => ({ ...common, id: `${kind} ${name}`, kind, engine: name, forMs }));
  });
  return { ...plan, faults };
}

/** @param anomaly kinds of faults and settings that the run shall have, joined by "+"; null = whatever the seed chooses. */
export function judgeSeed(seed: number, anomaly: string | null): Promise<JudgeReport> {
  return judgeHistory(simulatePlan(anomaly === null ? makePlan(seed) : planWith(seed, anomaly.split("+")), hashes));
}

function planWith(seed: number, wanted: readonly string[]): SimPlan {
  const faults = wanted.filter(isFault);
  const settings = wanted.filter((name) => !isFault(name));
  const unknown = settings.find((name) => !(name in SETTINGS));
  if (unknown !== undefined) throw new RangeError(`the simulation knows no anomaly ${unknown}`);
  const made = makePlan(seed, { faults, steps: wanted.includes("busy") ? BUSY_STEPS : DEFAULT_STEPS });
  const broken = wanted.includes("together") ? together(made, faults) : made;
  return settings.reduce((plan, name) => SETTINGS[name]?.(plan) ?? plan, broken);
}

function isFault(name: string): name is SimFaultKind {
  return (SIM_FAULT_KINDS as readonly string[]).includes(name);
}
