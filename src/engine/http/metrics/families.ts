/** Names, texts and buckets of vLLM 0.32's metrics, as its /metrics page shows them (vectors/vllm-live/http-samples.jsonl). */

/** Powers of ten times 1, 2, 5. */
export const tokenBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const requestSecondsBuckets = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const tokenSecondsBuckets = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];

/** Counters by our short name: [metric, help]. */
export const counters = {
  queries: ["vllm:prefix_cache_queries_total", "Prefix cache queries, in terms of number of queried tokens."],
  hits: ["vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens."],
  preemptions: ["vllm:num_preemptions_total", "Cumulative number of preemption from the engine."],
  promptTokens: ["vllm:prompt_tokens_total", "Number of prefill tokens processed."],
  promptBySource: ["vllm:prompt_tokens_by_source_total", "Number of prompt tokens by source."],
  promptCached: ["vllm:prompt_tokens_cached_total", "Number of cached prompt tokens (local + external)."],
  cachedBySource: [
    "vllm:prompt_tokens_cached_by_source_total",
    "Prefix-cache hit tokens by the cache tier that supplied them.",
  ],
  generationTokens: ["vllm:generation_tokens_total", "Number of generation tokens processed."],
  success: ["vllm:request_success_total", "Count of successfully processed requests."],
} as const satisfies Record<string, readonly [string, string]>;

/** Histograms by our short name: [metric, help, buckets]. */
export const histograms = {
  promptSize: ["vllm:request_prompt_tokens", "Number of prefill tokens processed.", tokenBuckets],
  outputSize: ["vllm:request_generation_tokens", "Number of generation tokens processed.", tokenBuckets],
  iteration: [
    "vllm:iteration_tokens_total",
    "Histogram of number of tokens per engine_step.",
    [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
  ],
  maxOutput: [
    "vllm:request_max_num_generation_tokens",
    "Histogram of maximum number of requested generation tokens.",
    tokenBuckets,
  ],
  n: ["vllm:request_params_n", "Histogram of the n request parameter.", [1, 2, 5, 10, 20]],
  maxTokens: ["vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter.", tokenBuckets],
  ttft: [
    "vllm:time_to_first_token_seconds",
    "Histogram of time to first token in seconds.",
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560],
  ],
  interToken: ["vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", tokenSecondsBuckets],
  perToken: [
    "vllm:request_time_per_output_token_seconds",
    "Histogram of time_per_output_token_seconds per request.",
    tokenSecondsBuckets,
  ],
  e2e: ["vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", requestSecondsBuckets],
  queue: [
    "vllm:request_queue_time_seconds",
    "Histogram of time spent in WAITING phase for request.",
    requestSecondsBuckets,
  ],
  inference: [
    "vllm:request_inference_time_seconds",
    "Histogram of time spent in RUNNING phase for request.",
    requestSecondsBuckets,
  ],
  prefill: [
    "vllm:request_prefill_time_seconds",
    "Histogram of time spent in PREFILL phase for request.",
    requestSecondsBuckets,
  ],
  decode: [
    "vllm:request_decode_time_seconds",
    "Histogram of time spent in DECODE phase for request.",
    requestSecondsBuckets,
  ],
  preempted: [
    "vllm:request_num_preemptions",
    "Histogram of the number of times a request was preempted.",
    [1, 2, 3, 4, 5, 10, 20],
  ],
  computed: [
    "vllm:request_prefill_kv_computed_tokens",
    "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
    tokenBuckets,
  ],
} as const satisfies Record<string, readonly [string, string, readonly number[]]>;

export const finishedReasons = ["stop", "length", "abort", "error", "repetition"] as const;
export const promptSources = ["local_compute", "local_cache_hit", "external_kv_transfer"] as const;
export const cacheTiers = ["device", "host", "p2p", "disk", "external_unspecified"] as const;
