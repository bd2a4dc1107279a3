/** What a run cost: CPU, memory, network and event-loop time of the system under test, between two samples of its steady phase. */
import type { HistoryRecord, LedgerEntry, ResourceRecord, RunRecord } from "../history/records.js";
import type { Figures } from "./figures.js";

const MIB = 2 ** 20;
const NS_PER_S = 1e9;
const NS_PER_H = 3600 * NS_PER_S;
const MILLION = 1e6;
/** Fewer samples than this say nothing about growth. */
const FEWEST_FOR_SLOPE = 5;

/** A sample of the system under test, and what the engines had done by then. */
interface Mark {
  readonly sample: ResourceRecord;
  readonly events: number;
  readonly blocks: number;
  readonly enginesCpu: number;
  readonly othersCpu: number;
}

export class Costs {
  readonly #run: RunRecord;
  readonly #marks: Mark[] = [];
  readonly #cpu = new Map<string, number>();
  #steady = false;
  #events = 0;
  #blocks = 0;
  #machineCpu: number | null = null;
  #lastReady: number | null = null;
  #loaded = false;

  constructor(run: RunRecord) {
    this.#run = run;
  }

  note(record: HistoryRecord): void {
    if (record.k === "ledger") this.#emitted(record);
    else if (record.k === "resource") this.#sampled(record);
    else if (record.k === "phase") {
      this.#steady = record.name === "steady";
      this.#loaded = true;
    } else if (record.k === "engine" && record.event === "ready" && !this.#loaded) this.#lastReady = record.at;
  }

  figures(): Figures {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    const { gatewayStartMs } = this.#run;
    return {
      ...(gatewayStartMs === undefined ? {} : { gateway_start_ms: gatewayStartMs }),
      ...(this.#lastReady === null ? {} : { fleet_ready_s: (this.#lastReady - this.#run.at) / NS_PER_S }),
      ...(first === undefined || last === undefined ? {} : { ...this.#memory(last), ...between(first, last) }),
    };
  }

  #emitted({ changes }: LedgerEntry): void {
    for (const change of changes) {
      // On the wire a store is one event, and so is each removed block.
      this.#events += change.op === "remove" ? change.blocks.length : 1;
      if (change.op !== "clear") this.#blocks += change.blocks.length;
    }
  }

  #sampled(record: ResourceRecord): void {
    if (record.machineCpuSeconds !== undefined) this.#machineCpu = record.machineCpuSeconds;
    this.#cpu.set(`${record.kind} ${record.process}`, record.cpuSeconds);
    if (record.kind !== "gateway" || !this.#steady) return;
    const total = (kind: string): number =>
      [...this.#cpu].reduce((sum, [key, cpu]) => (key.startsWith(kind) ? sum + cpu : sum), 0);
    this.#marks.push({
      sample: record,
      events: this.#events,
      blocks: this.#blocks,
      enginesCpu: total("engine "),
      othersCpu: this.#machineCpu === null ? Number.NaN : this.#machineCpu - total(""),
    });
  }

  #memory({ sample }: Mark): Figures {
    const samples = this.#marks.map((mark) => mark.sample);
    const heaps = samples.flatMap(({ heapBytes }) => heapBytes ?? []);
    const loops = samples.flatMap(({ eventLoopP99Ms }) => eventLoopP99Ms ?? []).sort((a, b) => a - b);
    const { indexBytes, indexBlocks } = sample;
    const slope = slopePerHour(samples);
    return {
      gateway_rss_mib: Math.max(...samples.map(({ rssBytes }) => rssBytes)) / MIB,
      ...(heaps.length === 0 ? {} : { gateway_heap_mib: Math.max(...heaps) / MIB }),
      ...(loops.length === 0 ? {} : { event_loop_p99_ms: loops[loops.length >> 1] as number }),
      ...(indexBytes === undefined || !indexBlocks ? {} : { bytes_per_block: indexBytes / indexBlocks }),
      ...(slope === null ? {} : { rss_slope_mib_per_h: slope / MIB }),
    };
  }
}

function between(first: Mark, last: Mark): Figures {
  const seconds = (last.sample.at - first.sample.at) / NS_PER_S;
  if (seconds <= 0) return {};
  const cpu = last.sample.cpuSeconds - first.sample.cpuSeconds;
  const events = last.events - first.events;
  const blocks = last.blocks - first.blocks;
  const waited = (last.sample.cpuWaitSeconds ?? Number.NaN) - (first.sample.cpuWaitSeconds ?? Number.NaN);
  const foreign = (last.othersCpu - first.othersCpu) / seconds;
  const bytes = (last.sample.eventBytes ?? Number.NaN) - (first.sample.eventBytes ?? Number.NaN);
  return {
    gateway_cpu_share: cpu / seconds,
    ...(Number.isNaN(waited) ? {} : { gateway_cpu_wait_share: waited / seconds }),
    engines_cpu_share: (last.enginesCpu - first.enginesCpu) / seconds,
    ...(Number.isNaN(foreign) ? {} : { foreign_cpu_share: Math.max(0, foreign) }),
    ...(events > 0 ? { cpu_s_per_million_events: (cpu * MILLION) / events } : {}),
    ...(blocks > 0 ? { cpu_s_per_million_blocks: (cpu * MILLION) / blocks } : {}),
    ...(events > 0 && !Number.isNaN(bytes) ? { network_bytes_per_event: bytes / events } : {}),
  };
}

/** Least squares over all samples: one late garbage collection does not decide. */
function slopePerHour(samples: readonly ResourceRecord[]): number | null {
  if (samples.length < FEWEST_FOR_SLOPE) return null;
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / samples.length;
  const meanBytes = samples.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / samples.length;
  let above = 0;
  let below = 0;
  for (const { at, rssBytes } of samples) {
    above += (at - meanAt) * (rssBytes - meanBytes);
    below += (at - meanAt) ** 2;
  }
  return (above / below) * NS_PER_H;
}
