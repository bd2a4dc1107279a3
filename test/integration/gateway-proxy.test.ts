/** The OpenAI side of the gateway against engines that answer, stream, stall and die. */
import { once } from "node:events";
import { request as httpRequest, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import type { GatewayOptions } from "../../src/gateway/options.js";
import { json, StubEngine, TestGateway } from "./gateway-stub.js";

const started: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((part) => part.stop().catch(() => undefined)));
});

/** Engines without streams: these tests are about HTTP. */
async function anEngine(name: string, options: Parameters<typeof StubEngine.start>[1] = {}): Promise<StubEngine> {
  const engine = await StubEngine.start(name, { ranks: 0, ...options });
  started.push({ stop: () => engine.kill() });
  return engine;
}

async function aGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start(options);
  started.push({ stop: () => gateway.gateway.stop(0) });
  return gateway;
}

/** Resolves when the response takes more, or is gone. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
  });
}

const servedBy = (response: Response): string | null => response.headers.get("x-kvproof-engine");

describe("proxied requests", () => {
  it("reach an engine unchanged and come back with its name", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway()).with(engine);
    const response = await gateway.complete(
      [1, 2, 3],
      { temperature: 0 },
      { headers: { "x-request-id": "abc", authorization: "Bearer k" } },
    );
    expect(await response.json()).toEqual({ served_by: "m/1", model: "m" });
    expect(servedBy(response)).toBe("m/1");
    expect(response.headers.get("x-kvproof-matched-blocks")).toBe("0");
    expect(engine.received).toMatchObject([
      {
        path: "/v1/completions",
        body: { prompt: [1, 2, 3], temperature: 0 },
        headers: { "x-request-id": "abc", authorization: "Bearer k" },
      },
    ]);
  });

  it("spread over engines that hold nothing of the prompt", async () => {
    const engines = [await anEngine("m/1"), await anEngine("m/2"), await anEngine("m/3")];
    const gateway = await (await aGateway()).with(...engines);
    const names = new Set<string | null>();
    for (let i = 0; i < 3; i++) names.add(servedBy(await gateway.complete([i])));
    expect(names).toEqual(new Set(["m/1", "m/2", "m/3"]));
  });

  it("stream through chunk by chunk, so that the first token is not held back for the last", async () => {
    const engine = await anEngine("m/1");
    const sent: string[] = [];
    let finish = (): void => undefined;
    engine.answer = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\n");
      finish = () => {
        sent.push("two");
        response.end("data: two\n\n");
      };
    };
    const gateway = await (await aGateway()).with(engine);
    const response = await gateway.complete([1], { stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value as Uint8Array).toString()).toBe("data: one\n\n");
    expect(sent).toEqual([]);
    finish();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe("data: two\n\n");
    expect((await reader.read()).done).toBe(true);
  });

  it("slow the engine down to the client's pace instead of piling up in the gateway", async () => {
    const engine = await anEngine("m/1");
    const total = 64 * 2 ** 20;
    let written = 0;
    engine.answer = async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const chunk = Buffer.alloc(2 ** 20);
      for (; written < total && !response.destroyed; written += chunk.length) {
        if (!response.write(chunk)) await writable(response);
      }
      response.end();
    };
    const gateway = await (await aGateway()).with(engine);
    const response = await gateway.complete([1], { stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    let last = -1;
    // Nothing is read: what the engine could write settles far below the whole.
    await waitFor(
      () => {
        const still = written === last;
        last = written;
        return still;
      },
      { describe: "the engine to be held up", timeoutMs: 5_000, intervalMs: 200 },
    );
    expect(written).toBeLessThan(total / 2);
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
    expect(bytes).toBeGreaterThan(total / 2);
  });

  it("end at the engine too when the client goes away, so that it stops computing for nobody", async () => {
    const engine = await anEngine("m/1");
    let closed = false;
    engine.answer = (_, response) => {
      response.writeHead(200).write("data: one\n\n");
      response.once("close", () => {
        closed = true;
      });
    };
    const gateway = await (await aGateway()).with(engine);
    const abort = new AbortController();
    const response = await gateway.complete([1], { stream: true }, { signal: abort.signal });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    abort.abort();
    await gateway.until("the engine to see the end", () => closed);
    expect(closed).toBe(true);
    await gateway.until(
      "the abort to be counted",
      async () => (await gateway.metric("kvproof_gateway_client_aborts_total")) === 1,
    );
  });

  it("go to the next engine when the first refuses, resets or fails before its first byte", async () => {
    const failures: ((engine: StubEngine) => Promise<void> | void)[] = [
      (engine) => engine.kill(),
      (engine) => {
        engine.answer = (_, response) => void response.destroy();
      },
      (engine) => {
        engine.answer = (_, response) => json(response, 503, { error: "dead" });
      },
      (engine) => {
        engine.answer = (_, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
          setImmediate(() => response.destroy());
        };
      },
    ];
    for (const fail of failures) {
      const [bad, good] = [await anEngine("m/1"), await anEngine("m/2")];
      const gateway = await (await aGateway({ healthIntervalMs: 60_000 })).with(bad, good);
      await fail(bad);
      const responses = await Promise.all([gateway.complete([1]), gateway.complete([2])]);
      expect(responses.map(servedBy)).toEqual(["m/2", "m/2"]);
      expect(await Promise.all(responses.map((response) => response.json()))).toMatchObject([
        { served_by: "m/2" },
        { served_by: "m/2" },
      ]);
      expect(await gateway.metric("kvproof_gateway_retries_total")).toBe(1);
    }
  });

  it("are not sent to a second engine once the client has a byte; the connection is cut instead", async () => {
    const [bad, other] = [await anEngine("m/1"), await anEngine("m/2")];
    let die = (): void => undefined;
    const cut: StubEngine["answer"] = (_, response) => {
      response.writeHead(200).write("data: one\n\n");
      die = () => void response.destroy();
    };
    bad.answer = cut;
    other.answer = cut;
    const gateway = await (await aGateway()).with(bad, other);
    const response = await gateway.complete([1], { stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    die();
    await expect(reader.read()).rejects.toThrow("terminated");
    expect(bad.requests("/v1/completions").length + other.requests("/v1/completions").length).toBe(1);
    await gateway.until(
      "it to be counted",
      async () => (await gateway.metric("kvproof_gateway_upstream_failures_total")) === 1,
    );
  });

  it("leave an engine that stops answering /health before their first byte", async () => {
    const [frozen, good] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway()).with(frozen, good);
    frozen.answer = () => undefined;
    const waiting = Promise.all([gateway.complete([1]), gateway.complete([2])]);
    await gateway.until("the request to arrive", () => frozen.requests("/v1/completions").length === 1);
    frozen.healthStatus = 503;
    expect((await waiting).map(servedBy)).toEqual(["m/2", "m/2"]);
  });

  it("fail by name after a bounded number of engines", async () => {
    const engines = await Promise.all([1, 2, 3, 4, 5].map((i) => anEngine(`m/${i}`)));
    for (const engine of engines) engine.answer = (_, response) => void response.destroy();
    const gateway = await (await aGateway()).with(...engines);
    const response = await gateway.complete([1]);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      error: { code: "KVP_E_UPSTREAM", message: expect.stringContaining("m/") },
    });
    expect(engines.reduce((sum, engine) => sum + engine.requests("/v1/completions").length, 0)).toBe(3);
  });

  it("end with 504 when an engine stays silent too long, and are not doubled on another", async () => {
    const [silent, other] = [await anEngine("m/1"), await anEngine("m/2")];
    silent.answer = () => undefined;
    other.answer = () => undefined;
    const gateway = await (await aGateway({ upstreamTimeoutMs: 300 })).with(silent, other);
    const response = await gateway.complete([1]);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: "KVP_E_TIMEOUT" } });
    expect(silent.requests("/v1/completions").length + other.requests("/v1/completions").length).toBe(1);
  });

  it("pass an engine's own refusal on as it is", async () => {
    const engine = await anEngine("m/1");
    engine.answer = (_, response) => json(response, 400, { error: { message: "Token id 40000 is out of vocabulary" } });
    const gateway = await (await aGateway()).with(engine, await anEngine("m/2"));
    const responses = await Promise.all([gateway.complete([1]), gateway.complete([2])]);
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200, 400]));
    expect(await gateway.metric("kvproof_gateway_retries_total")).toBe(0);
  });
});

describe("requests that cannot be served", () => {
  it("say so with a code: no such model, no engine alive, no JSON, no model, too large", async () => {
    const engine = await anEngine("m/1");
    const gateway = await (await aGateway({ maxBodyBytes: 2_000 })).with(engine);
    const code = async (response: Response): Promise<unknown> => [
      response.status,
      ((await response.json()) as { error: { code: string } }).error.code,
    ];
    expect(await code(await gateway.complete([1], { model: "other" }))).toEqual([404, "KVP_E_NOT_FOUND"]);
    expect(await code(await gateway.post("/v1/completions", { prompt: [1] }))).toEqual([400, "KVP_E_BAD_REQUEST"]);
    expect(await code(await fetch(`${gateway.url}/v1/completions`, { method: "POST", body: "{" }))).toEqual([
      400,
      "KVP_E_BAD_REQUEST",
    ]);
    expect(await code(await gateway.complete("x".repeat(200_000)))).toEqual([413, "KVP_E_BODY_TOO_LARGE"]);
    await engine.kill();
    await gateway.until("the engine to be seen dead", async () => (await gateway.workers())[0]?.health === "down");
    expect(await code(await gateway.complete([1]))).toEqual([503, "KVP_E_NO_ENGINE"]);
  });

  it("do not grow without limit when a body has no declared length", async () => {
    const gateway = await (await aGateway({ maxBodyBytes: 10_000 })).with(await anEngine("m/1"));
    const upload = httpRequest(`${gateway.url}/v1/completions`, {
      method: "POST",
      headers: { "transfer-encoding": "chunked" },
    });
    upload.on("error", () => undefined);
    for (let i = 0; i < 8; i++) upload.write(Buffer.alloc(4_000, 0x20));
    const [response] = (await once(upload, "response")) as [{ statusCode: number }];
    expect(response.statusCode).toBe(413);
    upload.destroy();
  });
});

describe("text prompts", () => {
  const words: StubEngine["tokenize"] = ({ body }, response) => {
    const text = typeof body.prompt === "string" ? body.prompt : JSON.stringify(body.messages);
    json(response, 200, { count: 1, tokens: Array.from(Buffer.from(text)) });
  };

  it("are tokenised by an engine once, completion and chat alike", async () => {
    const engine = await anEngine("m/1");
    engine.tokenize = words;
    const gateway = await (await aGateway()).with(engine);
    await gateway.complete("hello");
    await gateway.complete("hello");
    const messages = [{ role: "user", content: "hi" }];
    const chat = { model: "m", messages, tools: [], temperature: 1 };
    for (let i = 0; i < 2; i++) expect((await gateway.post("/v1/chat/completions", chat)).status).toBe(200);
    expect(engine.requests("/tokenize").map(({ body }) => body)).toEqual([
      { model: "m", prompt: "hello" },
      { model: "m", messages, tools: [] },
    ]);
    expect(await gateway.metric('kvproof_gateway_tokenizer_requests_total{result="hit"}')).toBe(2);
    expect(await gateway.metric('kvproof_gateway_tokenizer_requests_total{result="miss"}')).toBe(2);
    expect(await gateway.metric("kvproof_gateway_tokenizer_cache_bytes")).toBeGreaterThan(0);
    expect(await gateway.metric("kvproof_gateway_prompt_tokens_total")).toBeGreaterThan(10);
  });

  it("are routed by load, and counted, when no engine can tokenise them", async () => {
    const engine = await anEngine("m/1");
    engine.tokenize = (_, response) => json(response, 500, {});
    const gateway = await (await aGateway()).with(engine);
    expect((await gateway.complete("hello")).status).toBe(200);
    expect(await gateway.metric('kvproof_gateway_tokenizer_requests_total{result="failed"}')).toBe(1);
  });
});

describe("the list of models", () => {
  it("is that of the whole fleet, each model and adapter once", async () => {
    const [a, b, c] = [await anEngine("m/1"), await anEngine("m/2"), await anEngine("n/1", { model: "n" })];
    a.adapters.set("sql", "./sql");
    b.adapters.set("sql", "./sql").set("chat", "./chat");
    const gateway = await (await aGateway()).with(a, b, c);
    const ids = async (): Promise<unknown> =>
      ((await (await fetch(`${gateway.url}/v1/models`)).json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    await gateway.until("all lists to be read", async () => ((await ids()) as string[]).length === 4);
    expect(await ids()).toEqual(["chat", "m", "n", "sql"]);
  });
});

describe("adapters", () => {
  it("are served only by engines that have them loaded, also when loaded a moment ago", async () => {
    const [a, b] = [await anEngine("m/1"), await anEngine("m/2")];
    const gateway = await (await aGateway({ adapterIntervalMs: 60_000 })).with(a, b);
    expect((await gateway.complete([1], { model: "sql" })).status).toBe(404);
    b.adapters.set("sql", "./sql");
    await gateway.until("the adapter to be found", async () => (await gateway.complete([0], { model: "sql" })).ok);
    const served = await Promise.all([1, 2, 3].map((i) => gateway.complete([i], { model: "sql" })));
    expect(served.map(servedBy)).toEqual(["m/2", "m/2", "m/2"]);
  });
});
