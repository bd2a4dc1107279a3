/**
 * Load that the engines make themselves (`/lab/load`), open loop and paced by their own clocks, so that nothing but engines and
 * the system under test is measured. Each step is recorded with what was offered, what was sent, how late the engines were, and
 * how long it took until everything sent had been applied.
 */
import { delay, mapLimit } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { z } from "zod";
import type { LoadRecord } from "../../judge/history/load-records.js";
import { keepsUp } from "../../judge/statistics/load-steps.js";
import type { EngineHandle } from "../../lab/ports.js";
import { ratesOf } from "../plan/rising-rates.js";
import type { RunContext } from "../run/run-context.js";
import { sampleApplied } from "../run/sampler.js";
import type { EngineLoadSpec } from "../schema/load.js";

const CALLS_AT_ONCE = 32;
const DRAIN_POLL_MS = 2;
/** A look at a large fleet costs the system under test more than it should while it works off a backlog. */
const DRAIN_POLL_PER_ENGINE_MS = 0.2;

const report = z.object({
  offered_batches: z.number(),
  sent_batches: z.number(),
  lateness_p50_ms: z.number(),
  lateness_p99_ms: z.number(),
  lateness_max_ms: z.number(),
});
const state = z.object({ ranks: z.array(z.object({ rank: z.number(), batches: z.number() })) });

export class EngineLoad {
  readonly #context: RunContext;
  readonly #spec: EngineLoadSpec;

  constructor(context: RunContext, spec: EngineLoadSpec) {
    this.#context = context;
    this.#spec = spec;
  }

  async warmUp(signal: AbortSignal): Promise<void> {
    await this.#step("warmup", this.#spec.rate_per_s, this.#context.plan.warmupMs, signal);
  }

  /** A rising load ends with the first rate at which something does not keep up. */
  async steady(signal: AbortSignal): Promise<void> {
    const { rising } = this.#spec;
    const lastsMs = rising?.step ?? this.#context.plan.steadyMs;
    const steps: LoadRecord[] = [];
    for (const ratePerS of ratesOf(this.#spec)) {
      if (signal.aborted) break;
      const step = await this.#step("steady", ratePerS, lastsMs, signal);
      steps.push(step);
      if (rising !== undefined && !keepsUp(step)) break;
    }
    this.#judgeable(steps);
  }

  async #step(phase: LoadRecord["phase"], ratePerS: number, lastsMs: number, signal: AbortSignal): Promise<LoadRecord> {
    const { clock, lab, recorder } = this.#context;
    const engines = this.#engines();
    const each = <T>(call: (engine: string) => Promise<T>): Promise<T[]> =>
      mapLimit(engines, CALLS_AT_ONCE, ({ spec }) => call(spec.engine));
    const cpuBefore = this.#sutCpuSeconds();
    const startedAt = clock.nowNs();
    await each((engine) => lab.control(engine, "load", this.#order(ratePerS / engines.length)));
    await delay(lastsMs, signal);
    const reports = await each(async (engine) => report.parse(await lab.control(engine, "load", { stop: true })));
    const stoppedAt = clock.nowNs();
    const sutCpuSeconds = this.#sutCpuSeconds() - cpuBefore;
    const drainMs = await this.#drained(engines, stoppedAt, signal);
    await sampleApplied(this.#context);
    const total = (field: keyof z.infer<typeof report>): number => reports.reduce((sum, one) => sum + one[field], 0);
    const worst = (field: keyof z.infer<typeof report>): number => Math.max(0, ...reports.map((one) => one[field]));
    const record: LoadRecord = {
      k: "load",
      at: clock.nowNs(),
      phase,
      startedAt,
      stoppedAt,
      offeredPerS: ratePerS,
      offered: total("offered_batches"),
      sent: total("sent_batches"),
      latenessP50Ms: worst("lateness_p50_ms"),
      latenessP99Ms: worst("lateness_p99_ms"),
      latenessMaxMs: worst("lateness_max_ms"),
      ...(Number.isNaN(sutCpuSeconds) ? {} : { sutCpuSeconds }),
      drainMs,
    };
    recorder.record(record);
    return record;
  }

  #sutCpuSeconds(): number {
    return this.#context.lab.resources().find(({ kind }) => kind === "gateway")?.cpuSeconds ?? Number.NaN;
  }

  #order(batchesPerS: number): Record<string, number> {
    const { blocks, prompts } = this.#spec;
    return { batches_per_s: batchesPerS, blocks_per_batch: blocks, prompts };
  }

  #engines(): readonly EngineHandle[] {
    const { models } = this.#spec;
    const publishing = this.#context.fleet.members().filter(({ spec }) => spec.events);
    return models === undefined ? publishing : publishing.filter(({ spec }) => models.includes(spec.model));
  }

  /** Milliseconds until the system under test had applied what was sent until `sinceNs`. */
  async #drained(engines: readonly EngineHandle[], sinceNs: number, signal: AbortSignal): Promise<number | null> {
    const { clock, lab, sut, plan } = this.#context;
    if (!sut.capabilities.streams) return null;
    const sent = new Map<string, number>();
    await mapLimit(engines, CALLS_AT_ONCE, async ({ spec }) => {
      const { ranks } = state.parse(await lab.control(spec.engine, ""));
      for (const { rank, batches } of ranks) sent.set(`${spec.engine}#${rank}`, batches);
    });
    const giveUpAt = clock.nowNs() + plan.bounds.recoveryNs;
    while (!signal.aborted && clock.nowNs() < giveUpAt) {
      const streams = await sut.streams();
      const at = clock.nowNs();
      const behind = streams.some((s) => s.lastSeq + 1 < (sent.get(`${s.engine}#${s.rank}`) ?? 0));
      if (!behind) return (at - sinceNs) / NS_PER_MS;
      await delay(Math.max(DRAIN_POLL_MS, DRAIN_POLL_PER_ENGINE_MS * engines.length), signal);
    }
    return null;
  }

  /** A rising load is meant to end in saturation: only what came before tells whether the generator was on time. */
  #judgeable(steps: readonly LoadRecord[]): void {
    const { recorder, clock } = this.#context;
    const kept = steps.filter((step) => keepsUp(step));
    const told = this.#spec.rising === undefined || kept.length === 0 ? steps.slice(0, 1) : kept;
    recorder.record({
      k: "generator",
      at: clock.nowNs(),
      phase: "engine load",
      offered: told.reduce((sum, step) => sum + step.offered, 0),
      sent: told.reduce((sum, step) => sum + step.sent, 0),
      latenessP99Ms: Math.max(0, ...told.map((step) => step.latenessP99Ms)),
    });
  }
}
