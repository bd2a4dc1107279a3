/**
 * POST /lab/load: the engine makes cache activity by itself, open loop, without requests: each batch caches one made-up
 * prompt (evicting the oldest blocks once the pool is full). The schedule never waits: what is late is sent late, not left out,
 * and how late is reported. With `prompts`, as many made-up prompts take turns, hashed beforehand, so that the generator costs
 * little; they must be more than the pool holds, or the later turns would change nothing.
 */
import type { Histogram } from "hdr-histogram-js";
import { type Clock, NS_PER_MS, NS_PER_S } from "../../../base/clock.js";
import type { Engine } from "../../engine.js";
import type { RankLoop } from "../../rank-loop.js";
import type { PreparedPrompt } from "../../cache/lab-cache.js";
import { syntheticTokens } from "../../sampler.js";
import { type LabBody, labBody, labError, labNumber } from "./lab-fields.js";
import { labRank } from "./cache-control.js";

export const loadFields = ["batches_per_s", "blocks_per_batch", "prompts", "max_batches", "seed", "rank", "stop"];

const MAX_BATCHES_PER_S = 1_000_000;
const MAX_BLOCKS_PER_BATCH = 4096;
/** Of all prompts that take turns. */
const MAX_PREPARED_BLOCKS = 1_000_000;
const NS_PER_US = 1000;
/** A minute; what is later counts as this. */
const MAX_LATENESS_US = 60_000_000;
/** Work between two turns of the event loop, so that HTTP and replays are served meanwhile. */
const SLICE_MS = 5;
const TICK_MS = 1;
/** Of one timer; a load of less than a batch in that time looks again in between. */
const LONGEST_REST_MS = 60_000;
const NOTHING_SENT = {
  running: false,
  offered_batches: 0,
  sent_batches: 0,
  sent_blocks: 0,
  elapsed_ms: 0,
  lateness_p50_ms: 0,
  lateness_p99_ms: 0,
  lateness_max_ms: 0,
};

export interface LoadReport {
  readonly running: boolean;
  readonly offered_batches: number;
  readonly sent_batches: number;
  readonly sent_blocks: number;
  readonly elapsed_ms: number;
  /** Due to handed over, of every batch sent. */
  readonly lateness_p50_ms: number;
  readonly lateness_p99_ms: number;
  readonly lateness_max_ms: number;
}

interface Run {
  readonly loop: RankLoop;
  readonly batchesPerS: number;
  readonly tokensPerBatch: number;
  readonly maxBatches: number;
  readonly seed: number;
  readonly prepared: readonly PreparedPrompt[];
  readonly lateness: Lateness;
  readonly beganNs: number;
  endedNs: number | null;
  sent: number;
  blocks: number;
}

class Lateness {
  readonly #hdr: Histogram;

  private constructor(hdr: Histogram) {
    this.#hdr = hdr;
  }

  /** Most engines of a fleet never have a load: the library, a megabyte of memory, comes with the first. */
  static async open(): Promise<Lateness> {
    const { build } = await import("hdr-histogram-js");
    return new Lateness(build({ highestTrackableValue: MAX_LATENESS_US, numberOfSignificantValueDigits: 2 }));
  }

  note(ns: number): void {
    this.#hdr.recordValue(Math.min(MAX_LATENESS_US, Math.max(0, Math.round(ns / NS_PER_US))));
  }

  report(): Pick<LoadReport, "lateness_p50_ms" | "lateness_p99_ms" | "lateness_max_ms"> {
    const ms = (us: number): number => (us * NS_PER_US) / NS_PER_MS;
    return {
      lateness_p50_ms: ms(this.#hdr.getValueAtPercentile(50)),
      // The histogram rounds percentiles up, within its resolution; the largest value it knows exactly.
      lateness_p99_ms: ms(Math.min(this.#hdr.getValueAtPercentile(99), this.#hdr.maxValue)),
      lateness_max_ms: ms(this.#hdr.totalCount === 0 ? 0 : this.#hdr.maxValue),
    };
  }
}

export class LoadControl {
  readonly #engine: Engine;
  readonly #clock: Clock;
  #run: Run | null = null;
  /** Of the load before: one that goes on at another rate need not hash again. */
  #prepared: { readonly key: string; readonly prompts: readonly PreparedPrompt[] } = { key: "", prompts: [] };
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** Starts (replacing a load under way) or, with `stop`, ends it. Returns the state after. */
  async control(value: unknown): Promise<LoadReport> {
    const body = labBody(value, loadFields);
    if (body.stop !== undefined) {
      if (body.stop !== true || Object.keys(body).length > 1) throw labError('a stop is {"stop": true} alone');
      this.stop();
    } else {
      this.#start(body, await Lateness.open());
    }
    return this.report();
  }

  report(): LoadReport {
    const run = this.#run;
    if (run === null) return NOTHING_SENT;
    return {
      running: run.endedNs === null,
      offered_batches: this.#due(run),
      sent_batches: run.sent,
      sent_blocks: run.blocks,
      elapsed_ms: this.#elapsedNs(run) / NS_PER_MS,
      ...run.lateness.report(),
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#run !== null) this.#run.endedNs ??= this.#clock.nowNs();
  }

  #start(body: LabBody, lateness: Lateness): void {
    const { core, seed } = this.#engine.options;
    const loop = labRank(this.#engine, body);
    this.stop();
    const tokensPerBatch =
      labNumber(body, "blocks_per_batch", { low: 1, high: MAX_BLOCKS_PER_BATCH }, 4) * core.blockSize;
    const loadSeed = labNumber(body, "seed", { low: 0, high: 0xffff_ffff }, seed);
    const prepared = this.#prepare(
      loop,
      labNumber(body, "prompts", { low: 0, high: 100_000 }, 0),
      tokensPerBatch,
      loadSeed,
    );
    const run: Run = {
      loop,
      batchesPerS: labNumber(body, "batches_per_s", { low: 0.001, high: MAX_BATCHES_PER_S, integer: false }),
      tokensPerBatch,
      prepared,
      lateness,
      maxBatches: labNumber(body, "max_batches", { low: 1, high: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER),
      seed: loadSeed,
      beganNs: this.#clock.nowNs(),
      endedNs: null,
      sent: 0,
      blocks: 0,
    };
    this.#run = run;
    this.#tick(run);
  }

  /** The prompts that take turns; none = every batch makes up its own. */
  #prepare(loop: RankLoop, prompts: number, tokensPerBatch: number, seed: number): readonly PreparedPrompt[] {
    if (prompts === 0) return [];
    const key = `${loop.rank} ${prompts} ${tokensPerBatch} ${seed}`;
    if (key === this.#prepared.key) return this.#prepared.prompts;
    const { core, vocabSize } = this.#engine.options;
    const blocks = tokensPerBatch / core.blockSize;
    const usable = core.numGpuBlocks - 1;
    if (prompts * blocks > MAX_PREPARED_BLOCKS)
      throw labError(`prompts: ${prompts} of ${blocks} blocks are more than ${MAX_PREPARED_BLOCKS} blocks`);
    if ((prompts - 1) * blocks < usable)
      throw labError(`prompts: ${prompts} of ${blocks} blocks all fit into the ${usable} blocks of the pool`);
    const made = Array.from({ length: prompts }, (_, i) =>
      loop.core.prepareBlocks(syntheticTokens(seed, "load", i, tokensPerBatch, vocabSize), null, null),
    );
    this.#prepared = { key, prompts: made };
    return made;
  }

  #tick(run: Run): void {
    if (run.endedNs !== null) return;
    const sliceEndNs = this.#clock.nowNs() + SLICE_MS * NS_PER_MS;
    while (run.sent < this.#due(run) && this.#clock.nowNs() < sliceEndNs) this.#send(run);
    if (run.sent >= run.maxBatches) this.stop();
    else if (run.sent < this.#due(run)) setImmediate(() => this.#tick(run));
    else this.#timer = setTimeout(() => this.#tick(run), this.#untilNextMs(run));
  }

  /** Whole milliseconds, as timers are: a slow load wakes the process once per batch, a fast one once per tick. */
  #untilNextMs(run: Run): number {
    const restNs = (run.sent / run.batchesPerS) * NS_PER_S - this.#elapsedNs(run);
    return Math.min(LONGEST_REST_MS, Math.max(TICK_MS, Math.ceil(restNs / NS_PER_MS)));
  }

  #send(run: Run): void {
    const { core } = run.loop;
    const { stored } =
      run.prepared.length > 0
        ? core.storePrepared(run.prepared[run.sent % run.prepared.length] as PreparedPrompt)
        : core.storeBlocks(this.#nextTokens(run), null, null);
    run.blocks += stored;
    run.loop.flushLabEvents();
    run.lateness.note(this.#elapsedNs(run) - (run.sent / run.batchesPerS) * NS_PER_S);
    run.sent++;
  }

  #nextTokens({ seed, sent, tokensPerBatch }: Run): Uint32Array {
    return syntheticTokens(seed, "load", sent, tokensPerBatch, this.#engine.options.vocabSize);
  }

  #due(run: Run): number {
    return Math.min(run.maxBatches, Math.floor((this.#elapsedNs(run) / NS_PER_S) * run.batchesPerS) + 1);
  }

  #elapsedNs(run: Run): number {
    return (run.endedNs ?? this.#clock.nowNs()) - run.beganNs;
  }
}
