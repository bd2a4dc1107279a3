/** Gauges of the /metrics page, read from the engine when it is scraped. */
import type { Clock } from "../../../base/clock.js";
import type { Engine } from "../../engine.js";
import type { RankLoop } from "../../rank-loop.js";
import { type Family, Gauge, type Labels } from "./exposition.js";
import type { RequestLife } from "./request-life.js";
import type { VllmMetrics } from "./vllm-metrics.js";

const sleepStates = ["awake", "weights_offloaded", "discard_all"] as const;

export function engineGauges(engine: Engine, metrics: VllmMetrics, clock: Clock): Family[] {
  const model = { model_name: engine.options.model };
  const perRank = function* (read: (loop: RankLoop) => number): Generator<[Labels, number]> {
    for (const loop of engine.loops) yield [{ ...model, engine: String(loop.rank) }, read(loop)];
  };
  const byState = function* (): Generator<[Labels, number]> {
    for (const { rank } of engine.loops) {
      for (const [level, sleep_state] of sleepStates.entries()) {
        yield [{ ...model, engine: String(rank), sleep_state }, engine.sleepLevel === level ? 1 : 0];
      }
    }
  };
  const byReason = function* (): Generator<[Labels, number]> {
    for (const loop of engine.loops) {
      const labels = { ...model, engine: String(loop.rank) };
      // A sleeping or paused engine defers; an awake one lacks room.
      const deferred = engine.paused || engine.sleepLevel > 0 ? loop.core.stats().waiting : 0;
      yield [{ ...labels, reason: "capacity" }, loop.core.stats().waiting - deferred];
      yield [{ ...labels, reason: "deferred" }, deferred];
    }
  };
  return [
    new Gauge("vllm:num_requests_running", "Number of requests in model execution batches.", () =>
      perRank((loop) => loop.core.stats().running),
    ),
    new Gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", () =>
      perRank((loop) => loop.core.stats().waiting),
    ),
    new Gauge("vllm:num_requests_waiting_by_reason", "Number of waiting requests by reason.", byReason),
    new Gauge("vllm:engine_sleep_state", "Engine sleep state.", byState),
    new Gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", () =>
      perRank((loop) => loop.core.stats().usage),
    ),
    ...(engine.options.enableLora
      ? [
          new Gauge("vllm:lora_requests_info", "Running stats on lora requests.", () => [
            [loraLabels(engine.options.maxLoras, metrics.lives), clock.wallSeconds()],
          ]),
        ]
      : []),
    new Gauge("vllm:cache_config_info", "Information of the LLMEngine CacheConfig", () =>
      engine.loops.map((loop) => [cacheConfig(engine, loop.rank), 1] as const),
    ),
    ...processGauges(engine),
  ];
}

function loraLabels(maxLoras: number, lives: Iterable<RequestLife>): Labels {
  const running = new Set<string>();
  const waiting = new Set<string>();
  for (const { adapter, scheduledNs } of lives) {
    if (adapter !== null) (scheduledNs === null ? waiting : running).add(adapter);
  }
  return {
    max_lora: String(maxLoras),
    running_lora_adapters: [...running].join(","),
    waiting_lora_adapters: [...waiting].join(","),
  };
}

/** Python texts, as vLLM stringifies its CacheConfig. Fields that a double has no counterpart for are left out. */
function cacheConfig(engine: Engine, rank: number): Labels {
  const { core, dialect } = engine.options;
  const { blockSize, numGpuBlocks } = core;
  return {
    engine: String(rank),
    block_size: String(blockSize),
    user_specified_block_size: "True",
    effective_attention_block_size: String(blockSize),
    hash_block_size: "None",
    prefix_match_unit: "None",
    cache_hit_alignment_tokens: "None",
    cache_dtype: "auto",
    enable_prefix_caching: "True",
    gpu_memory_utilization: "0.92",
    num_gpu_blocks: String(numGpuBlocks),
    num_gpu_blocks_override: String(numGpuBlocks),
    num_cpu_blocks: core.cpuBlocks ? String(core.cpuBlocks) : "None",
    kv_cache_size_tokens: String(numGpuBlocks * blockSize),
    kv_cache_max_concurrency: String((numGpuBlocks * blockSize) / engine.maxModelLen),
    prefix_caching_hash_algo: core.hashAlgorithm ?? "sha256_cbor",
    sliding_window: "None",
    // Ours: what this double speaks.
    kvproof_dialect: dialect,
  };
}

function processCpu(): [[Labels, number]] {
  const { user, system } = process.cpuUsage();
  return [[{}, (user + system) / 1e6]];
}

function processGauges(engine: Engine): Family[] {
  const plain = (value: number): [[Labels, number]] => [[{}, value]];
  return [
    new Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () =>
      plain(process.memoryUsage.rss()),
    ),
    new Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () =>
      plain(engine.startedSeconds),
    ),
    new Gauge("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", processCpu, "counter"),
  ];
}
