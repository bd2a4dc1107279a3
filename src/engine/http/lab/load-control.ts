/**
 * POST /lab/load: the engine makes cache activity by itself, open loop, without requests: each batch caches one made-up
 * prompt (evicting the oldest blocks once the pool is full). The schedule never waits: what is late is sent late, not left out.
 */
import { type Clock, NS_PER_MS, NS_PER_S } from "../../../base/clock.js";
import type { Engine } from "../../engine.js";
import type { RankLoop } from "../../rank-loop.js";
import { syntheticTokens } from "../../sampler.js";
import { type LabBody, labBody, labError, labNumber } from "./lab-fields.js";
import { labRank } from "./cache-control.js";

export const loadFields = ["batches_per_s", "blocks_per_batch", "max_batches", "seed", "rank", "stop"];

const MAX_BATCHES_PER_S = 1_000_000;
const MAX_BLOCKS_PER_BATCH = 4096;
/** Work between two turns of the event loop, so that HTTP and replays are served meanwhile. */
const SLICE_MS = 5;
const TICK_MS = 1;

export interface LoadReport {
  readonly running: boolean;
  readonly offered_batches: number;
  readonly sent_batches: number;
  readonly sent_blocks: number;
  readonly elapsed_ms: number;
}

interface Run {
  readonly loop: RankLoop;
  readonly batchesPerS: number;
  readonly tokensPerBatch: number;
  readonly maxBatches: number;
  readonly seed: number;
  readonly beganNs: number;
  endedNs: number | null;
  sent: number;
  blocks: number;
}

export class LoadControl {
  readonly #engine: Engine;
  readonly #clock: Clock;
  #run: Run | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** Starts (replacing a load under way) or, with `stop`, ends it. Returns the state after. */
  control(value: unknown): LoadReport {
    const body = labBody(value, loadFields);
    if (body.stop !== undefined) {
      if (body.stop !== true || Object.keys(body).length > 1) throw labError('a stop is {"stop": true} alone');
      this.stop();
    } else {
      this.#start(body);
    }
    return this.report();
  }

  report(): LoadReport {
    const run = this.#run;
    if (run === null) return { running: false, offered_batches: 0, sent_batches: 0, sent_blocks: 0, elapsed_ms: 0 };
    return {
      running: run.endedNs === null,
      offered_batches: this.#due(run),
      sent_batches: run.sent,
      sent_blocks: run.blocks,
      elapsed_ms: this.#elapsedNs(run) / NS_PER_MS,
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#run !== null) this.#run.endedNs ??= this.#clock.nowNs();
  }

  #start(body: LabBody): void {
    const { core, seed } = this.#engine.options;
    const run: Run = {
      loop: labRank(this.#engine, body),
      batchesPerS: labNumber(body, "batches_per_s", { low: 0.001, high: MAX_BATCHES_PER_S, integer: false }),
      tokensPerBatch: labNumber(body, "blocks_per_batch", { low: 1, high: MAX_BLOCKS_PER_BATCH }, 4) * core.blockSize,
      maxBatches: labNumber(body, "max_batches", { low: 1, high: Number.MAX_SAFE_INTEGER }, Number.MAX_SAFE_INTEGER),
      seed: labNumber(body, "seed", { low: 0, high: 0xffff_ffff }, seed),
      beganNs: this.#clock.nowNs(),
      endedNs: null,
      sent: 0,
      blocks: 0,
    };
    this.stop();
    this.#run = run;
    this.#tick(run);
  }

  #tick(run: Run): void {
    if (run.endedNs !== null) return;
    const sliceEndNs = this.#clock.nowNs() + SLICE_MS * NS_PER_MS;
    while (run.sent < this.#due(run) && this.#clock.nowNs() < sliceEndNs) this.#send(run);
    if (run.sent >= run.maxBatches) this.stop();
    else if (run.sent < this.#due(run)) setImmediate(() => this.#tick(run));
    else this.#timer = setTimeout(() => this.#tick(run), TICK_MS);
  }

  #send(run: Run): void {
    const { vocabSize } = this.#engine.options;
    const tokens = syntheticTokens(run.seed, "load", run.sent, run.tokensPerBatch, vocabSize);
    run.blocks += run.loop.core.storeBlocks(tokens, null, null).stored;
    run.loop.flushLabEvents();
    run.sent++;
  }

  #due(run: Run): number {
    return Math.min(run.maxBatches, Math.floor((this.#elapsedNs(run) / NS_PER_S) * run.batchesPerS) + 1);
  }

  #elapsedNs(run: Run): number {
    return (run.endedNs ?? this.#clock.nowNs()) - run.beganNs;
  }
}
