/**
 * Which faults a seed brings: a random subset of all kinds, as swarm testing has it (a run with few kinds reaches states that a
 * run with all of them never does), on random engines at random times. One seed in six has none.
 */
import type { Rng } from "../../base/rng.js";
import { SIM_FAULT_KINDS, type SimFault, type SimFaultKind } from "./fault-kinds.js";

export interface FaultWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

const NO_FAULTS = 1 / 6;
const MAX_KINDS = 6;
const MAX_FAULTS = 10;
const SHARES = [0.05, 0.2, 0.5, 1] as const;
/** Happen at one moment. */
const MIN_MS = 10;

export function swarm(
  rng: Rng,
  engines: readonly string[],
  window: FaultWindow,
  kinds: readonly SimFaultKind[] = SIM_FAULT_KINDS,
): SimFault[] {
  if (kinds.length === 0 || rng.chance(NO_FAULTS)) return [];
  const enabled = rng.shuffle([...kinds]).slice(0, rng.int(1, Math.min(MAX_KINDS, kinds.length)));
  const count = rng.int(enabled.length, MAX_FAULTS);
  const faults: SimFault[] = [];
  for (let i = 0; i < count; i++) {
    const kind = enabled[i % enabled.length] as SimFaultKind;
    const atMs = rng.int(window.fromMs, window.untilMs - 2 * MIN_MS);
    const forMs = rng.int(MIN_MS, Math.min(rng.pick([40, 200, 600]), window.untilMs - atMs));
    const engine = kind.startsWith("gateway.") ? null : rng.pick(engines);
    faults.push({ id: `f${i}`, kind, engine, atMs, forMs, share: rng.pick(SHARES), amount: rng.float() });
  }
  return faults.filter((fault, i) => !faults.slice(0, i).some((earlier) => collide(earlier, fault)));
}

/** Two of a kind on one target do not overlap, nor do two that take a process away. */
function collide(a: SimFault, b: SimFault): boolean {
  if (a.engine !== b.engine) return false;
  const exclusive = isLife(a.kind) && isLife(b.kind);
  return (a.kind === b.kind || exclusive) && a.atMs <= b.atMs + b.forMs + MIN_MS && b.atMs <= a.atMs + a.forMs + MIN_MS;
}

function isLife(kind: SimFaultKind): boolean {
  return kind.startsWith("gateway.") || kind === "engine.crash" || kind === "engine.freeze";
}
