/** Looks at the system under test and at every process at a steady pace, and records what it sees. */
import { cpus } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { delay } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import type { ResourceRecord } from "../../judge/history/records.js";
import type { RunContext } from "./run-context.js";

const SUT_EVERY_MS = 250;
/** Looks at a large fleet cost the system under test more, and come less often. */
const PER_ENGINE_MS = 5;
const SELDOM_MS = 5000;
/** The event-loop monitor counts the interval of its own timer in. */
const LOOP_RESOLUTION_MS = 10;
const RESOURCES_EVERY_MS = 1000;
/** With load that is measured: looks must not be what is measured. */
const QUIET_SUT_EVERY_MS = 1000;
const QUIET_PER_ENGINE_MS = 20;
const PERCENT = 99;

/** Streams, counters and the index's totals until `signal`. */
export async function sampleSut(context: RunContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sampleSutOnce(context);
    await delay(pauseMs(context, context.plan.engineLoad === null ? SUT_EVERY_MS : QUIET_SUT_EVERY_MS), signal);
  }
}

function pauseMs({ plan, fleet }: RunContext, leastMs: number): number {
  const perEngineMs = plan.engineLoad === null ? PER_ENGINE_MS : QUIET_PER_ENGINE_MS;
  return Math.max(leastMs, Math.min(SELDOM_MS, perEngineMs * fleet.members().length));
}

/** A look that fails leaves a mark; probes find out for themselves whether the system still answers. */
export async function sampleSutOnce(context: RunContext): Promise<void> {
  const { sut, recorder, clock } = context;
  try {
    await sampleApplied(context);
    if (sut.capabilities.streams) {
      const streams = await sut.streams();
      const at = clock.nowNs();
      for (const stream of streams) recorder.record({ k: "stream", at, ...stream });
    }
    if (sut.capabilities.metrics) {
      const counters = await sut.counters();
      const at = clock.nowNs();
      for (const counter of counters) recorder.record({ k: "counters", at, ...counter });
    }
    if (sut.capabilities.dump) {
      const dump = await sut.dump();
      recorder.record({ k: "dump", at: clock.nowNs(), ...dump });
    }
  } catch (thrown) {
    recorder.record({ k: "mark", at: clock.nowNs(), name: "sut-sample-failed", detail: String(thrown) });
  }
}

/** What it has applied since the last look. */
export async function sampleApplied({ sut, recorder, clock }: RunContext): Promise<void> {
  const told = await sut.applied();
  const at = clock.nowNs();
  for (const record of told) recorder.record({ k: "applied", at, ...record });
}

/** Memory and CPU of all processes, this one included, until `signal`. */
export async function sampleResources(context: RunContext, signal: AbortSignal): Promise<void> {
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loopDelay.enable();
  while (!signal.aborted) {
    const vitals = await context.sut.vitals().catch(() => ({}));
    for (const record of context.lab.resources()) {
      context.recorder.record(record.kind === "gateway" ? { ...record, ...vitals } : record);
    }
    const loopMs = Math.max(0, loopDelay.percentile(PERCENT) / NS_PER_MS - LOOP_RESOLUTION_MS);
    context.recorder.record(runnerResources(context.clock.nowNs(), loopMs));
    loopDelay.reset();
    await delay(pauseMs(context, RESOURCES_EVERY_MS), signal);
  }
  loopDelay.disable();
}

function runnerResources(at: number, eventLoopP99Ms: number): ResourceRecord {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    k: "resource",
    at,
    process: "runner",
    kind: "runner",
    rssBytes: rss,
    cpuSeconds: (user + system) / 1e6,
    heapBytes: heapUsed,
    eventLoopP99Ms,
    machineCpuSeconds: machineCpuSeconds(),
  };
}

function machineCpuSeconds(): number {
  const busy = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busy.reduce((sum, ms) => sum + ms, 0) / 1000;
}
