/** The measurements: each takes a workload and says what it saw, in plain numbers with units in their names. */
import { systemClock } from "../../../src/base/clock.js";
import type { KvEvent } from "../../../src/protocol/kv-event.js";
import { KvEventReader } from "../../../src/protocol/kv-event-reader.js";
import { encodeBatch } from "../../../src/protocol/kv-event-writer.js";
import { MatchBuffer } from "../../../src/gateway/index/match-buffer.js";
import { PrefixIndex } from "../../../src/gateway/index/prefix-index.js";
import type { StreamSink } from "../../../src/gateway/ports.js";
import type { Batches, Question, Workload } from "./workload.js";

export interface Spread {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly runs: number;
}
export interface Latency {
  readonly questions: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

/** A workload applied to a fresh index, batch by batch as it came over the wire. */
export class Fed {
  readonly index: PrefixIndex;
  /** Engine number of each holder id. */
  readonly engineOf = new Map<number, number>();
  readonly cpuSeconds: number;

  /** @throws Error when not everything was applied: a benchmark that skips work proves nothing */
  constructor(workload: Workload, form: string, seed: number) {
    this.index = new PrefixIndex({ seed, duplicates: workload.duplicates });
    const sinks = workload.holders.map((model, engine) => {
      const id = this.index.addHolder({ engine: `engine-${engine}`, rank: 0, model, blockSize: workload.blockSize });
      this.engineOf.set(id, engine);
      return this.index.sink(id);
    });
    const batches = workload.forms.get(form) as Batches;
    let operations = 0;
    let refused = 0;
    const before = process.cpuUsage();
    for (let i = 0; i < batches.count; i++) {
      const result = (sinks[batches.holder(i)] as StreamSink).apply(batches.payload(i));
      operations += result.blocks;
      if (result.rejected || result.malformedEvents > 0 || result.unknownEvents > 0) refused++;
    }
    const { user, system } = process.cpuUsage(before);
    this.cpuSeconds = (user + system) / 1e6;
    if (refused > 0 || operations !== workload.operations) {
      throw new Error(
        `${workload.name}: applied ${operations} of ${workload.operations} operations, refused ${refused} batches`,
      );
    }
  }
}

/**
 * V8 goes on compiling for a quarter of a second of ingest per form, beside the work and on the same account: medians over runs before that
 * differ by 10 % from process to process, over runs after it by 1 to 3 %.
 */
const WARM_UP_CPU_SECONDS = 0.7;

/** To be called first in a process: feeds fresh indexes, each form in turn, until what it measures next is compiled. */
export function warmUp(workload: Workload, seed: number): void {
  for (let spent = 0; spent < WARM_UP_CPU_SECONDS; )
    for (const form of workload.forms.keys()) spent += new Fed(workload, form, seed).cpuSeconds;
}

/** Million block operations per CPU second (user and system, garbage collection included), fresh index each run. */
export function ingestRate(workload: Workload, form: string, seed: number, runs: number): Spread {
  return spreadOf(workload, runs, (run) => new Fed(workload, form, seed + run).cpuSeconds);
}

/** The decoder alone: the same bytes into a sink that only counts blocks; in the unit of {@link ingestRate}. */
export function decodeRate(workload: Workload, form: string, runs: number): Spread {
  const batches = workload.forms.get(form) as Batches;
  const reader = new KvEventReader();
  let operations = 0;
  const sink = {
    stored: ({ blockCount }: { blockCount: number }) => void (operations += blockCount),
    removed: ({ blockCount }: { blockCount: number }) => void (operations += blockCount),
    cleared: () => undefined,
  };
  return spreadOf(workload, runs, () => {
    operations = 0;
    const before = process.cpuUsage();
    for (let pass = 0; pass < DECODE_PASSES; pass++)
      for (let i = 0; i < batches.count; i++) reader.decodeBatch(batches.payload(i), sink);
    const { user, system } = process.cpuUsage(before);
    if (operations !== DECODE_PASSES * workload.operations)
      throw new Error(`${workload.name}: decoded ${operations} of ${DECODE_PASSES * workload.operations} operations`);
    return (user + system) / 1e6 / DECODE_PASSES;
  });
}

/** Decoding is quick; more than one pass keeps the clock's own grain out of the figure. */
const DECODE_PASSES = 5;
const WARM_UP_RUNS = 2;

/** Million operations of the workload per CPU second, over fresh runs after the warm-up. */
function spreadOf(workload: Workload, runs: number, cpuSecondsOf: (run: number) => number): Spread {
  const rates: number[] = [];
  for (let run = 0; run < WARM_UP_RUNS + runs; run++) {
    const cpuSeconds = cpuSecondsOf(run);
    if (run >= WARM_UP_RUNS) rates.push(workload.operations / cpuSeconds / 1e6);
  }
  rates.sort((a, b) => a - b);
  const at = (share: number) => rates[Math.min(rates.length - 1, Math.floor(rates.length * share))] ?? 0;
  return { median: at(0.5), fastest: at(1), slowest: at(0), runs };
}

/** Tokens of one question at a time, in a buffer that all share. */
class Asker {
  readonly #tokens = new Uint32Array(1 << 20);
  readonly #out = new MatchBuffer();
  readonly #workload: Workload;
  readonly #fed: Fed;
  constructor(workload: Workload, fed: Fed) {
    this.#workload = workload;
    this.#fed = fed;
  }
  /** Nanoseconds from tokens to answer; the answer stays in `out`. */
  ask(question: Question): number {
    this.#workload.fill(question.contents, this.#tokens);
    const tokens = this.#tokens.subarray(0, question.contents.length * this.#workload.blockSize);
    const query = { model: question.model, lora: question.lora, salt: null, tokens };
    const start = systemClock.nowNs();
    this.#fed.index.matchInto(query, this.#out);
    return systemClock.nowNs() - start;
  }
  /** True if the last answer is right for every engine. */
  isRight({ answer }: Question): boolean {
    const out = this.#out;
    if (out.length * 2 !== answer.length) return false;
    const expected = new Map<number, number>();
    for (let i = 0; i < answer.length; i += 2) expected.set(answer[i] as number, answer[i + 1] as number);
    for (let i = 0; i < out.length; i++) {
      if (expected.get(this.#fed.engineOf.get(out.holders[i] as number) as number) !== out.blocks[i]) return false;
    }
    return true;
  }
}

export function wrongAnswers(workload: Workload, fed: Fed): number {
  const asker = new Asker(workload, fed);
  let wrong = 0;
  for (let i = 0; i < workload.questions.count; i++) {
    const question = workload.questions.get(i);
    asker.ask(question);
    if (!asker.isRight(question)) wrong++;
  }
  return wrong;
}

/** Hashing included; per question the fastest of three passes, then percentiles over the class. */
export function matchLatency(workload: Workload, fed: Fed): Record<string, Latency> {
  const { questions } = workload;
  const asker = new Asker(workload, fed);
  const fastest = new Float64Array(questions.count).fill(Infinity);
  for (let pass = 0; pass < 3; pass++) {
    for (let i = 0; i < questions.count; i++) {
      fastest[i] = Math.min(fastest[i] as number, asker.ask(questions.get(i)));
    }
  }
  const byKind = new Map<string, number[]>();
  fastest.forEach((time, i) => {
    const { kind } = questions.get(i);
    const times = byKind.get(kind);
    if (times === undefined) byKind.set(kind, [time]);
    else times.push(time);
  });
  const classes: Record<string, Latency> = {};
  for (const [kind, times] of byKind) {
    times.sort((a, b) => a - b);
    const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) / 1000;
    classes[kind] = { questions: times.length, p50_us: at(0.5), p99_us: at(0.99) };
  }
  return classes;
}

export interface Removal {
  /** Until no answer names the engine. */
  readonly forget_ms: number;
  /** Besides, until its memory is free again; done in slices with later batches. */
  readonly sweep_ms: number;
}

/** One of 10 engines leaves that hold 30,000 blocks each (100 chains of 300); medians of nine. */
export function removeEngine(seed: number): Removal {
  const [engines, chains, chainBlocks, blockSize] = [10, 100, 300, 16];
  const forget: number[] = [];
  const sweep: number[] = [];
  for (let run = 0; run < 9; run++) {
    const index = new PrefixIndex({ seed });
    const ids = Array.from({ length: engines }, (_, engine) => {
      const id = index.addHolder({ engine: `engine-${engine}`, rank: 0, model: "m", blockSize });
      const sink = index.sink(id);
      for (let chain = 0; chain < chains; chain++) {
        const first = (engine * chains + chain) * chainBlocks;
        sink.apply(encodeBatch("vllm-0.30", { ts: 0, rank: 0, events: [aChain(first, chainBlocks, blockSize)] }));
      }
      return id;
    });
    const start = systemClock.nowNs();
    index.removeHolder(ids[run] as number);
    const forgotten = systemClock.nowNs();
    index.sweep();
    forget.push((forgotten - start) / 1e6);
    sweep.push((systemClock.nowNs() - forgotten) / 1e6);
    const left = (engines - 1) * chains * chainBlocks;
    if (index.stats().nodes !== left) throw new Error(`${index.stats().nodes} blocks are left, not ${left}`);
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[4] as number;
  return { forget_ms: median(forget), sweep_ms: median(sweep) };
}
function aChain(first: number, blocks: number, blockSize: number): KvEvent {
  const hash = (i: number) => BigInt.asUintN(64, BigInt(first + i + 1) * 0x9e37_79b9_7f4a_7c15n);
  return {
    type: "stored",
    blockHashes: Array.from({ length: blocks }, (_, i) => hash(i)),
    parent: null,
    tokenIds: Uint32Array.from({ length: blocks * blockSize }, (_, i) => first * blockSize + i),
    blockSize,
    loraId: null,
    loraName: null,
    medium: "GPU",
    extraKeys: Array<null>(blocks).fill(null),
    groupIdx: 0,
  };
}
