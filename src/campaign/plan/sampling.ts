/**
 * What `--sample s` shortens: phases last s of their time, request and probe rates fall to √s, fleets above a handful shrink
 * to s. Never the properties, the bounds, or the time that the effect of a step needs to show.
 */
import type { Scenario } from "../schema/scenario-schema.js";

const MIN_WARMUP_MS = 300;
const MIN_STEADY_MS = 1500;
/** An effect, and a heartbeat of 1 s that goes unanswered for 3 s, still fit. */
const MIN_FAULT_MS = 4500;
/** Fleets up to this size stay whole: with fewer engines there would be no choice to get wrong. */
const SMALL_FLEET = 8;
const MIN_RATE_PER_S = 1;
/** Each rate of a rising load must last long enough for a queue to show. */
const MIN_RATE_STEP_MS = 1000;

export function sampledFleet(replicas: number, sample: number): number {
  return replicas <= SMALL_FLEET ? replicas : Math.max(SMALL_FLEET, Math.ceil(replicas * sample));
}

export function sampledRate(ratePerS: number, sample: number): number {
  return ratePerS === 0 ? 0 : Math.max(Math.min(MIN_RATE_PER_S, ratePerS), ratePerS * Math.sqrt(sample));
}

export function sampledPhases(phases: Scenario["phases"], sample: number): { warmupMs: number; steadyMs: number } {
  return {
    warmupMs: shortened(phases.warmup, sample, MIN_WARMUP_MS),
    steadyMs: shortened(phases.steady, sample, MIN_STEADY_MS),
  };
}

export function sampledStepMs(ms: number, sample: number): number {
  return shortened(ms, sample, MIN_RATE_STEP_MS);
}

/** Of a fault, or of the phase of faults. */
export function sampledFault(ms: number, sample: number): number {
  return shortened(ms, sample, MIN_FAULT_MS);
}

/** Fewer seconds at a lower rate give fewer opportunities; one is always required where some were. */
export function sampledOpportunities(
  required: Readonly<Record<string, number>>,
  sample: number,
): Record<string, number> {
  const factor = sample * Math.sqrt(sample);
  return Object.fromEntries(
    Object.entries(required).map(([id, count]) => [id, count === 0 ? 0 : Math.max(1, Math.floor(count * factor))]),
  );
}

function shortened(ms: number, sample: number, floorMs: number): number {
  return Math.max(Math.min(ms, floorMs), Math.round(ms * sample));
}
