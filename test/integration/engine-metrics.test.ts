/** Every metric the engine shows moves when the thing it counts happens. */
import { expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { anEngine, tokens } from "./engine-process.js";

/** Sample (name and labels) → value, buckets and creation times left out. */
function samples(page: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of page.split("\n")) {
    const match = /^([^#\s][^{ ]*(?:\{.*\})?) (\S+)$/.exec(line);
    if (match !== null && !/_created|_bucket/.test(line)) found.set(match[1] as string, Number(match[2]));
  }
  return found;
}

/** Series that a text-only engine on one tier cannot move, as in vLLM itself. */
const constant = [
  /finished_reason="(error|repetition)"/,
  /source="(external_kv_transfer|host|p2p|disk|external_unspecified)"/,
  /^vllm:cache_config_info/,
  /^process_start_time/,
  /sleep_state="weights_offloaded"/,
];

it("every metric moves", async () => {
  const flags = ["--num-gpu-blocks", "24", "--max-num-seqs", "4", "--enable-lora", "--lora-modules", "sql=./sql"];
  const engine = await anEngine(...flags, "--decode-ms-per-token", "4");
  const page = async (): Promise<Map<string, number>> => samples((await engine.call("GET", "/metrics")).text);
  const first = await page();
  const moved = new Set<string>();
  const look = async (): Promise<Map<string, number>> => {
    const now = await page();
    for (const [name, value] of now) if (first.get(name) !== value) moved.add(name);
    return now;
  };

  // A cold prompt, a cached one, a stop, and an adapter.
  await engine.complete(tokens(64), { max_tokens: 3 });
  await engine.complete(tokens(64), { max_tokens: 3 });
  await engine.complete(tokens(20), { max_tokens: 50, stop: "w" });
  const withAdapter = engine.complete(tokens(20), { model: "sql", max_tokens: 20 });
  await waitFor(async () => [...(await look()).keys()].some((name) => name.includes('running_lora_adapters="sql"')), {
    describe: "the adapter to be seen running",
    timeoutMs: 5000,
  });
  await withAdapter;
  // More than the pool holds: some wait, some are preempted.
  const crowd = Array.from({ length: 6 }, (_, i) => engine.complete(tokens(80, i), { max_tokens: 60 }));
  await waitFor(async () => ((await look()).get('vllm:num_requests_waiting{engine="0",model_name="tiny"}') ?? 0) > 0, {
    describe: "requests to wait",
    timeoutMs: 5000,
  });
  await Promise.all(crowd);
  // An abort, and a request that waits for the engine to wake.
  const gone = new AbortController();
  const aborted = fetch(`${engine.info.http}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt: tokens(20), max_tokens: 300 }),
    signal: gone.signal,
  });
  await waitFor(async () => ((await look()).get('vllm:num_requests_running{engine="0",model_name="tiny"}') ?? 0) > 0, {
    describe: "the request to run",
    timeoutMs: 5000,
  });
  gone.abort();
  await expect(aborted).rejects.toThrow(/abort/i);
  await engine.call("POST", "/sleep?level=2");
  const asleep = engine.complete(tokens(20));
  await waitFor(
    async () =>
      ((await look()).get('vllm:num_requests_waiting_by_reason{engine="0",model_name="tiny",reason="deferred"}') ?? 0) >
      0,
    {
      describe: "the deferred request",
      timeoutMs: 5000,
    },
  );
  await engine.call("POST", "/wake_up");
  await asleep;
  const last = await look();

  const still = [...last.keys()].filter((name) => !moved.has(name) && !constant.some((pattern) => pattern.test(name)));
  expect(still).toEqual([]);
  const at = (name: string): number => last.get(`vllm:${name}{engine="0",model_name="tiny"}`) ?? Number.NaN;
  const sources = (source: string): number =>
    last.get(`vllm:prompt_tokens_by_source_total{engine="0",model_name="tiny",source="${source}"}`) ?? Number.NaN;
  expect(sources("local_compute") + sources("local_cache_hit")).toBe(at("prompt_tokens_total"));
  expect(at("prefix_cache_hits_total")).toBeGreaterThanOrEqual(at("prompt_tokens_cached_total"));
  expect(at("request_prompt_tokens_count")).toBe(at("e2e_request_latency_seconds_count"));
}, 30_000);
