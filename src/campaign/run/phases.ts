/** The course of a run: fleet up, warm-up, steady with its timetable, faults and healing, converge, drain. */
import { delay, mapLimit, sharedAbort, waitFor } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { runFaults } from "../faults/run-faults.js";
import type { PhaseRecord } from "../../judge/history/records.js";
import { askOnceMore, converge } from "../probes/converge.js";
import { ProbeKit } from "../probes/probe-kit.js";
import { runProbes } from "../probes/run-probes.js";
import { learnPublished } from "../steps/engine-steps.js";
import { runTimetable } from "../steps/timetable.js";
import { EngineLoad } from "../workload/engine-load.js";
import { runWorkloads } from "../workload/workload.js";
import type { Profiling } from "../profile/profiling.js";
import type { LoadMeter } from "./load-meter.js";
import type { RunContext } from "./run-context.js";
import { Telling } from "./telling.js";
import { sampleResources, sampleSut, sampleSutOnce } from "./sampler.js";

const JOINS_AT_ONCE = 8;
/** Requests still in flight when the load stops get this long to end. */
const LAST_ANSWERS_MS = 10_000;
/** Questions after the departure bound has passed, about engines that are gone. */
const QUESTIONS_AFTER_DRAIN = 12;
const BEYOND_BOUND_MS = 30;

export interface Course {
  readonly context: RunContext;
  readonly meter: LoadMeter;
  readonly signal: AbortSignal;
  /** null = none was asked for. */
  readonly profiling: Profiling | null;
}

/** Starts all engines, a few at a time, and tells the system under test of each as soon as it is ready. */
export async function startFleet({ context, signal }: Course): Promise<void> {
  const kit = new ProbeKit(context, context.rng.fork("start"));
  await Promise.all(
    context.plan.engines.map(async (spec) => {
      const handle = await context.fleet.start(spec);
      if (signal.aborted) return;
      await context.fleet.join(handle);
      if (spec.publishAtStart > 0) await learnPublished(kit, handle);
    }),
  );
}

/** All phases; returns early, in order, when the signal is raised. */
export async function runPhases(course: Course): Promise<void> {
  const { context, signal } = course;
  const sampling = sharedAbort();
  const samplers = Promise.all([sampleSut(context, sampling.signal), sampleResources(context, sampling.signal)]);
  const telling = new Telling(context);
  try {
    const healed = await underLoad(course, telling);
    // What could not be taken back would be judged as if it were over; the verdict says what to clean up by hand.
    if (signal.aborted || !healed) return;
    await convergePhase(course);
    if (signal.aborted) return;
    await drainPhase(course);
    enter(context, "end");
    await course.profiling?.snapshot(context);
  } finally {
    sampling.abort();
    await Promise.all([samplers, telling.end()]);
  }
}

/** Resolves false when a fault could not be taken back. */
async function underLoad({ context, meter, signal, profiling }: Course, telling: Telling): Promise<boolean> {
  const { plan, clock, recorder } = context;
  const load = stopper(signal);
  enter(context, "warmup");
  const engines = plan.engineLoad === null ? null : new EngineLoad(context, plan.engineLoad);
  const loads = Promise.all([runWorkloads(context, meter, load.signal), runProbes(context, load.signal)]);
  // A failure of the load is looked at below; it must not go unhandled while steps run.
  loads.catch(() => load.abort());
  try {
    await (engines?.warmUp(load.signal) ?? delay(plan.warmupMs, load.signal));
    recorder.record(meter.phase("warmup"));
    await profiling?.begin(context);
    enter(context, "steady");
    const steadyUntil = clock.nowNs() + plan.steadyMs * NS_PER_MS;
    await Promise.all([engines?.steady(load.signal), runTimetable(context, load.signal)]);
    await delay((steadyUntil - clock.nowNs()) / NS_PER_MS, load.signal);
    recorder.record(meter.phase("steady"));
    if (plan.faultMs === 0) return true;
    await telling.begin();
    return await faultPhases(context, meter, load.signal);
  } finally {
    load.abort();
    await loads;
    await profiling?.end();
  }
}

/** Load and probes go on. Resolves false when a fault could not be taken back. */
async function faultPhases(context: RunContext, meter: LoadMeter, signal: AbortSignal): Promise<boolean> {
  const { plan, clock, recorder } = context;
  enter(context, "fault");
  const faultUntil = clock.nowNs() + plan.faultMs * NS_PER_MS;
  const healed = await runFaults(context, signal);
  if (!healed) return false;
  await delay((faultUntil - clock.nowNs()) / NS_PER_MS, signal);
  recorder.record(meter.phase("fault"));
  enter(context, "heal");
  await delay(plan.healMs, signal);
  recorder.record(meter.phase("heal"));
  return true;
}

async function convergePhase({ context, signal }: Course): Promise<void> {
  const { plan, clock, inFlight } = context;
  enter(context, "converge");
  await waitFor(() => inFlight.count === 0, {
    describe: "the last requests to be answered",
    timeoutMs: LAST_ANSWERS_MS,
    intervalMs: 2,
    signal,
  });
  const quietSince = clock.nowNs();
  const kit = new ProbeKit(context, context.rng.fork("converge"));
  if (plan.gateway.events) await converge(kit, signal);
  // Counters are compared with the ledgers once everything has had time to be counted.
  const quietUntil = quietSince + Math.max(plan.bounds.gapNs, plan.bounds.stalenessNs);
  await delay((quietUntil - clock.nowNs()) / NS_PER_MS + BEYOND_BOUND_MS, signal);
  if (plan.gateway.events && !signal.aborted) await askOnceMore(kit);
  await sampleSutOnce(context);
}

/** Everybody leaves: nothing may stay behind. */
async function drainPhase({ context, signal }: Course): Promise<void> {
  const { plan, fleet, sut } = context;
  const kit = new ProbeKit(context, context.rng.fork("drain"));
  const questions = sut.capabilities.match ? QUESTIONS_AFTER_DRAIN : 0;
  const prompts = Array.from({ length: questions }, () => kit.recent()).filter((prompt) => prompt !== null);
  enter(context, "drain");
  await mapLimit(fleet.members(), JOINS_AT_ONCE, ({ spec }) => fleet.leave(spec.engine));
  if (!sut.capabilities.dump && !sut.capabilities.match) return;
  await delay(plan.bounds.departureNs / NS_PER_MS + BEYOND_BOUND_MS, signal);
  await sampleSutOnce(context);
  for (const prompt of prompts) await kit.ask(prompt, { probe: "sample" });
}

function enter({ recorder, clock }: RunContext, name: PhaseRecord["name"]): void {
  recorder.record({ k: "phase", at: clock.nowNs(), name });
}

/** An own signal that also follows another. */
function stopper(parent: AbortSignal): AbortController {
  const own = sharedAbort();
  if (parent.aborted) own.abort();
  else parent.addEventListener("abort", () => own.abort(), { once: true });
  return own;
}
