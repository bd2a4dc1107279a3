/** The engine's HTTP surface against the answers of a real vLLM 0.32: same calls in the same order, same shapes and numbers. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { sharedAvailable, sharedPath } from "../shared.js";
import { aSharedEngine, anEngine, type EngineUnderTest, tokens } from "./engine-process.js";

interface Sample {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly text: string;
}

const recorded = sharedAvailable
  ? readFileSync(sharedPath("vectors/vllm-live/http-samples.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Sample)
  : [];

/** The engine configured as the recorded one was. */
function likeTheRecorded(): Promise<EngineUnderTest> {
  const cache = ["--num-gpu-blocks", "64", "--block-size", "32", "--max-model-len", "1024"];
  const steps = ["--max-num-batched-tokens", "128", "--max-num-seqs", "8", "--vocab-size", "32000"];
  const lora = ["--enable-lora", "--max-loras", "2", "--lora-modules", "loraA=./loraA", "loraB=./loraB"];
  return anEngine(...cache, ...steps, ...lora);
}

/** What legitimately differs between two engines: identities, times, generated words, ports. Key order stays. */
function normalised(body: string): string {
  return body
    .replaceAll(/"(cmpl|chatcmpl|modelperm)-[0-9a-f]{16}"/g, '"$1-<id>"')
    .replaceAll(/"created":\d+/g, '"created":<time>')
    .replaceAll(/"vllm-0\.32\.0-[0-9a-f]{8}"/g, '"<fingerprint>"')
    .replaceAll(
      /"(text|content)":"((?: w\d+)+)"/g,
      (_, key: string, text: string) => `"${key}":"${text.replaceAll(/\d+/g, "#")}"`,
    )
    .replaceAll(/"token_ids":\[[\d,]+\]/g, '"token_ids":[<ids>]')
    .replaceAll(/tcp:\/\/[^"]+/g, "tcp://<endpoint>")
    .replaceAll("kv@127.0.0.1@tiny", "");
}

describe.skipIf(!sharedAvailable)("recorded calls (needs ../shared)", () => {
  it("get the recorded answers", async () => {
    const engine = await likeTheRecorded();
    for (const sample of recorded.filter(({ kind }) => kind === "http")) {
      const answer = await engine.call(sample.method, sample.path, sample.request ?? undefined);
      const call = `${sample.method} ${sample.path} ${JSON.stringify(sample.request)?.slice(0, 200)}`;
      expect({ call, status: answer.status, body: normalised(answer.text) }).toEqual({
        call,
        status: sample.status,
        body: normalised(sample.body),
      });
      expect({ call, type: answer.headers.get("content-type") }).toEqual({
        call,
        type: sample.headers["content-type"] ?? null,
      });
    }
  });

  /** Families of the recorded page that the double leaves out, with the reason. */
  const leftOut: [RegExp, string][] = [
    [/^vllm:estimated_/, "no model to estimate FLOPs of"],
    [/^vllm:mm_cache_/, "text only"],
    [/^vllm:external_prefix_cache_/, "no KV connector"],
    [/^vllm:admission_rejections/, "no admission limits"],
    [/^vllm:sleep_mode_/, "nothing to offload"],
    [/^(python_|process_virtual|process_open_fds|process_max_fds)/, "Python's own"],
    [/^http_(request|response)_/, "per-handler HTTP timings"],
    [/^vllm:cache_config_info$/, "compared below: the labels of other back ends are left out"],
  ];

  it("have the recorded metrics: names, types, labels and buckets", async () => {
    const engine = await likeTheRecorded();
    await engine.complete(tokens(40));
    const page = recorded.find(({ kind }) => kind === "metrics_full")?.text ?? "";
    const ours = families((await engine.call("GET", "/metrics")).text);
    const theirs = families(page);
    expect(theirs.size).toBeGreaterThan(80);
    const expected = [...theirs].filter(([name]) => !leftOut.some(([pattern]) => pattern.test(name)));
    expect(expected.map(([name]) => [name, ours.get(name)])).toEqual(expected);
    const config = ours.get("vllm:cache_config_info")?.labels ?? "";
    for (const label of [
      "block_size",
      "num_gpu_blocks",
      "prefix_caching_hash_algo",
      "enable_prefix_caching",
      "engine",
    ]) {
      expect(config).toContain(label);
    }
  });
});

/** Name → type, label names of all samples, and bucket bounds. */
function families(page: string): Map<string, { type: string; labels: string; buckets: string }> {
  const found = new Map<string, { type: string; labels: string; buckets: string }>();
  let current = { type: "", labels: "", buckets: "" };
  for (const line of page.split("\n")) {
    const head = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (head !== null) {
      current = { type: head[2] as string, labels: "", buckets: "" };
      found.set(head[1] as string, current);
    }
    const sample = /^[a-z][^{ ]*(?:\{(.*)\})? \S+$/.exec(line);
    if (sample === null) continue;
    const labels = [...(sample[1] ?? "").matchAll(/(\w+)="/g)].map((match) => match[1]);
    const le = /le="([^"]+)"/.exec(line)?.[1];
    if (le === undefined)
      current.labels = [...new Set([...current.labels.split(","), ...labels])].filter(Boolean).join(",");
    else if (!current.buckets.split(" ").includes(le)) current.buckets += ` ${le}`;
  }
  return found;
}

describe("completions", () => {
  it("report cached tokens that equal what the cache held", async () => {
    const engine = await anEngine();
    const prompt = tokens(100);
    expect(await engine.complete(prompt)).toBe(0);
    expect(await engine.complete(prompt)).toBe(96);
    expect(await engine.complete(prompt.slice(0, 96))).toBe(80);
    expect(await engine.complete(prompt, { cache_salt: "s" })).toBe(0);
    expect(await engine.complete(prompt, { cache_salt: "s" })).toBe(96);
  });

  it("make the second turn of a conversation hit what the first one cached, through text and chat alike", async () => {
    const engine = await anEngine();
    const first = { role: "user", content: Array.from({ length: 50 }, (_, i) => `word${i}`).join(" ") };
    type Chat = {
      choices: [{ message: { role: string; content: string } }];
      usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
    };
    const turn = await engine.json<Chat>("POST", "/v1/chat/completions", { messages: [first], max_tokens: 40 });
    const second = await engine.json<Chat>("POST", "/v1/chat/completions", {
      messages: [first, turn.choices[0].message, { role: "user", content: "more" }],
      max_tokens: 1,
    });
    expect(second.usage.prompt_tokens).toBe(51 + 1 + 40 + 2);
    expect(second.usage.prompt_tokens_details.cached_tokens).toBe(48);
    const { tokens: ids } = await engine.json<{ tokens: number[] }>("POST", "/tokenize", { messages: [first] });
    expect(await engine.complete([...ids, 7])).toBe(48);
  });

  it("generate the same tokens for the same prompt, again and on another engine", async () => {
    const [one, two] = [await anEngine(), await anEngine()];
    const ask = async (engine: EngineUnderTest, extra = {}): Promise<string> =>
      (
        await engine.json<{ choices: [{ text: string }] }>("POST", "/v1/completions", {
          prompt: tokens(20),
          max_tokens: 8,
          ...extra,
        })
      ).choices[0].text;
    const text = await ask(one);
    expect(text.split(" ")).toHaveLength(9);
    expect([await ask(one), await ask(two)]).toEqual([text, text]);
    expect(await ask(one, { seed: 5 })).not.toBe(text);
  });

  it("stop at stop tokens and stop strings, and say which", async () => {
    const engine = await anEngine();
    const body = { prompt: tokens(20), max_tokens: 8 };
    type Whole = { choices: [{ text: string; finish_reason: string; stop_reason: unknown; token_ids: number[] }] };
    const whole = await engine.json<Whole>("POST", "/v1/completions", { ...body, return_token_ids: true });
    const ids = whole.choices[0].token_ids;
    const atToken = await engine.json<Whole>("POST", "/v1/completions", { ...body, stop_token_ids: [ids[3]] });
    expect(atToken.choices[0]).toMatchObject({
      finish_reason: "stop",
      stop_reason: ids[3],
      text: ids
        .slice(0, 3)
        .map((id) => ` w${id}`)
        .join(""),
    });
    const atText = await engine.json<Whole>("POST", "/v1/completions", { ...body, stop: `w${ids[2]} w${ids[3]}` });
    expect(atText.choices[0]).toMatchObject({
      finish_reason: "stop",
      stop_reason: `w${ids[2]} w${ids[3]}`,
      text: ` w${ids[0]} w${ids[1]} `,
    });
    const later = await engine.json<Whole>("POST", "/v1/completions", {
      ...body,
      stop_token_ids: [ids[3]],
      min_tokens: 6,
    });
    expect(later.choices[0].finish_reason).toBe("length");
  });

  it("stream one chunk per token as it is decoded", async () => {
    const engine = await anEngine("--decode-ms-per-token", "30");
    const response = await fetch(`${engine.info.http}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ prompt: tokens(20), max_tokens: 5, stream: true }),
    });
    const arrivals: number[] = [];
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (Buffer.from(chunk).includes('"choices"')) arrivals.push(performance.now());
    }
    expect(arrivals).toHaveLength(5);
    expect((arrivals[4] as number) - (arrivals[0] as number)).toBeGreaterThan(80);
  });

  it("take as long as the prefill and decode speeds say", async () => {
    const engine = await anEngine("--prefill-tokens-per-s", "1000", "--decode-ms-per-token", "10");
    const begin = performance.now();
    await engine.complete(tokens(100), { max_tokens: 11 });
    const tookMs = performance.now() - begin;
    expect(tookMs).toBeGreaterThan(195);
    expect(tookMs).toBeLessThan(800);
  });

  it("end when their client goes away, and free their blocks", async () => {
    const engine = await anEngine("--decode-ms-per-token", "20");
    const running = 'vllm:num_requests_running{engine="0",model_name="tiny"}';
    const client = request(`${engine.info.http}/v1/completions`, { method: "POST" });
    client.on("error", () => undefined);
    client.end(JSON.stringify({ prompt: tokens(100), max_tokens: 5000, stream: true }));
    await waitFor(async () => (await engine.metric(running)) === 1, {
      describe: "the request to run",
      timeoutMs: 5000,
    });
    expect(await engine.metric('vllm:kv_cache_usage_perc{engine="0",model_name="tiny"}')).toBeGreaterThan(0);
    client.destroy();
    await waitFor(async () => (await engine.metric(running)) === 0, { describe: "the abort", timeoutMs: 5000 });
    expect(
      await engine.metric('vllm:request_success_total{engine="0",finished_reason="abort",model_name="tiny"}'),
    ).toBe(1);
    expect(await engine.complete(tokens(100))).toBe(96);
  });
});

describe("bad input", () => {
  let engine: EngineUnderTest;
  beforeAll(async () => {
    engine = await aSharedEngine();
  });
  afterAll(() => engine.process.close());

  it.each([
    ["no JSON", "{", 400, /not valid JSON/],
    ["no object", "[1]", 400, /valid dictionary/],
    ["a wrong type", { prompt: "a", max_tokens: "many" }, 400, /max_tokens: Input should be a valid integer/],
    ["max_tokens 0", { prompt: "a", max_tokens: 0 }, 400, /max_tokens must be at least 1, got 0/],
    ["an empty prompt", { prompt: "" }, 400, /cannot be empty/],
    ["a mixed prompt", { prompt: [1, "a"] }, 400, /prompt: Input should be/],
    ["more than the context", { prompt: "a", max_tokens: 1 << 20 }, 400, /maximum context length/],
    ["n = 2", { prompt: "a", n: 2 }, 400, /n=1/],
    ["stream options without a stream", { prompt: "a", stream_options: {} }, 400, /stream=True/],
    ["a body over the limit", `"${"x".repeat(33 * 1024 * 1024)}"`, 413, /MAX_BODY_BYTES/],
  ])("%s is refused with the reason", async (_, body, status, message) => {
    const answer = await engine.call("POST", "/v1/completions", body);
    expect(answer.status).toBe(status);
    const { error } = JSON.parse(answer.text) as { error: { message: string; type: string; code: number } };
    expect(error).toMatchObject({
      message: expect.stringMatching(message) as string,
      type: "BadRequestError",
      code: status,
    });
  });

  it("unknown routes and methods answer as FastAPI does", async () => {
    expect(await engine.call("GET", "/nope")).toMatchObject({ status: 404, text: '{"detail":"Not Found"}' });
    expect(await engine.call("GET", "/v1/completions")).toMatchObject({
      status: 405,
      text: '{"detail":"Method Not Allowed"}',
    });
    expect((await engine.call("POST", "/v1/load_lora_adapter", { lora_name: "a", lora_path: "b" })).status).toBe(404);
  });
});

describe("sleep, pause and reset", () => {
  it("hold requests back until the engine wakes, with an empty cache", async () => {
    const engine = await anEngine();
    await engine.complete(tokens(40));
    await engine.call("POST", "/sleep?level=2");
    expect(await engine.metric('vllm:engine_sleep_state{engine="0",model_name="tiny",sleep_state="discard_all"}')).toBe(
      1,
    );
    const batches = engine.ledger().length;
    const waiting = engine.complete(tokens(40));
    await waitFor(
      async () =>
        (await engine.metric('vllm:num_requests_waiting_by_reason{engine="0",model_name="tiny",reason="deferred"}')) ===
        1,
      {
        describe: "the request to wait",
        timeoutMs: 5000,
      },
    );
    expect(engine.ledger()).toHaveLength(batches);
    await engine.call("POST", "/wake_up");
    expect(await waiting).toBe(0);
    expect(engine.ledger()[batches]?.changes[0]).toEqual({ op: "clear" });
  });

  it("a reset is silent until the next step, is refused while blocks are in use, and can be forced", async () => {
    const engine = await anEngine("--decode-ms-per-token", "10");
    await engine.complete(tokens(40));
    const before = engine.ledger().length;
    expect((await engine.call("POST", "/reset_prefix_cache")).text).toBe('{"success":true}');
    expect(engine.ledger()).toHaveLength(before);
    const running = engine.complete(tokens(40), { max_tokens: 100 });
    await waitFor(() => engine.ledger().length > before, { describe: "the first step", timeoutMs: 5000 });
    expect(engine.ledger()[before]?.changes.map(({ op }) => op)).toEqual(["clear", "store"]);
    expect((await engine.call("POST", "/reset_prefix_cache")).text).toBe('{"success":false}');
    expect((await engine.call("POST", "/reset_prefix_cache?reset_running_requests=true")).text).toBe(
      '{"success":true}',
    );
    await running;
    expect(await engine.metric('vllm:num_preemptions_total{engine="0",model_name="tiny"}')).toBe(1);
  });

  it("a pause aborts what runs and a resume serves what came meanwhile", async () => {
    const engine = await anEngine("--decode-ms-per-token", "10");
    const running = engine.json<{ choices: [{ finish_reason: string }] }>("POST", "/v1/completions", {
      prompt: tokens(40),
      max_tokens: 1000,
    });
    await waitFor(async () => (await engine.call("GET", "/load")).text === '{"server_load":1}', {
      describe: "the request",
      timeoutMs: 5000,
    });
    await engine.call("POST", "/pause");
    expect((await running).choices[0].finish_reason).toBe("abort");
    const next = engine.complete(tokens(40));
    await engine.call("POST", "/resume");
    expect(await next).toBe(0);
  });
});
