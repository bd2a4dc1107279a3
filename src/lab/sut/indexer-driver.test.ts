/** The HTTP dialects of standalone indexers against servers that answer as their documentation says. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HttpLaunch } from "../ports.js";
import { indexerDriver } from "./indexer-driver.js";
import type { EngineRegistration, SystemUnderTest } from "./port.js";

interface Call {
  readonly path: string;
  readonly body: Record<string, unknown> | null;
}

/** Answers each path with what `answers` holds for it, 404 for others; keeps what was sent. */
async function anIndexer(answers: Readonly<Record<string, unknown>>): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const path = incoming.url ?? "";
      const text = Buffer.concat(chunks).toString();
      calls.push({ path, body: text === "" ? null : (JSON.parse(text) as Record<string, unknown>) });
      outgoing.statusCode = path in answers ? (path === "/register" ? 201 : 200) : 404;
      outgoing.end(JSON.stringify(answers[path] ?? { error: "no such route" }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function connected(url: string, options: Partial<HttpLaunch> = {}): Promise<SystemUnderTest> {
  const system = await indexerDriver(options).connect({ url, adminToken: "", logFile: "" });
  onTestFinished(() => system.stop());
  return system;
}

const engine: EngineRegistration = {
  engine: "llama/1",
  model: "llama",
  block_size: 16,
  dialect: "vllm-0.24",
  topic: "",
  http: "http://127.0.0.1:8000",
  ranks: [
    { rank: 0, events: "tcp://127.0.0.1:5557", replay: "tcp://127.0.0.1:5657" },
    { rank: 1, events: "tcp://127.0.0.1:5558", replay: null },
  ],
  uid: "u1",
};
const question = { model: "llama", lora: null, salt: null, tokens: [1, 2, 3] };
const ok = { status: "ok" };

describe("an indexer with the API of Dynamo", () => {
  const api = { "/workers": [], "/register": ok, "/unregister": ok };

  it("is told of each rank, and its matched tokens become blocks of the best rank", async () => {
    const scores = { "1": { "0": 32, "1": 48 }, "2": { "0": 0 } };
    const { url, calls } = await anIndexer({ ...api, "/query": { scores, frequencies: [] } });
    const system = await connected(url);
    await system.addEngine(engine);
    await system.addEngine({ ...engine, engine: "llama/2" });
    expect(calls.filter(({ path }) => path === "/register").map(({ body }) => body)).toEqual([
      {
        instance_id: 1,
        endpoint: "tcp://127.0.0.1:5557",
        replay_endpoint: "tcp://127.0.0.1:5657",
        model_name: "llama",
        block_size: 16,
        dp_rank: 0,
      },
      { instance_id: 1, endpoint: "tcp://127.0.0.1:5558", model_name: "llama", block_size: 16, dp_rank: 1 },
      expect.objectContaining({ instance_id: 2, dp_rank: 0 }),
      expect.objectContaining({ instance_id: 2, dp_rank: 1 }),
    ]);
    expect(await system.match(question)).toEqual({ "llama/1": 3, "llama/2": 0 });
    expect(calls.at(-1)?.body).toEqual({ token_ids: [1, 2, 3], model_name: "llama" });
    await system.removeEngine("llama/1");
    expect(calls.at(-1)).toEqual({ path: "/unregister", body: { instance_id: 1, model_name: "llama" } });
  });

  it("claims matches only, unless its user says more", async () => {
    const { url } = await anIndexer(api);
    expect((await connected(url)).capabilities).toMatchObject({ match: true, lora: false, salt: false, dump: false });
    const told = await connected(url, { claims: { lora: true, lease_ms: 500, dump: true } });
    expect(told.capabilities).toMatchObject({ lora: true, lease_ms: 500, dump: false });
  });

  it("that names an instance nobody registered is not believed", async () => {
    const { url } = await anIndexer({ ...api, "/query": { scores: { "9": { "0": 16 } } } });
    const system = await connected(url);
    await system.addEngine(engine);
    expect(await system.match(question)).toEqual({ "an instance that is not registered": 1 });
  });
});

describe("an indexer with the API of the Conductor", () => {
  const api = { "/services": { count: 0 }, "/register": ok, "/unregister": ok };

  it.each([
    ["by instance", { instances: { "llama/1": { longest_matched: 33 } } }],
    ["by tenant", { default: { "llama/1": { longest_matched: 33, GPU: 33 } } }],
  ])("answers %s, in tokens", async (_, answer) => {
    const { url, calls } = await anIndexer({ ...api, "/query": answer });
    const system = await connected(url);
    await system.addEngine(engine);
    expect(calls.find(({ path }) => path === "/register")?.body).toMatchObject({
      instance_id: "llama/1",
      modelname: "llama",
      type: "vLLM",
      dp_rank: 0,
    });
    expect(await system.match({ ...question, lora: "sql" })).toEqual({ "llama/1": 2 });
    expect(calls.at(-1)?.body).toMatchObject({ model: "llama", block_size: 16, lora_name: "sql" });
  });
});

describe("an indexer that answers something else", () => {
  it("than documented is named with the path", async () => {
    const { url } = await anIndexer({ "/workers": [], "/register": ok, "/query": { hits: 3 } });
    const system = await connected(url);
    await system.addEngine(engine);
    await expect(system.match(question)).rejects.toMatchObject({
      code: "KVP_E_SUT_PROTOCOL",
      message: expect.stringMatching(/^\/query answered something else than documented: scores: /),
    });
  });

  it("to everything has no API that we know", async () => {
    const { url } = await anIndexer({});
    await expect(connected(url)).rejects.toMatchObject({ code: "KVP_E_SUT_PROTOCOL" });
    await expect(connected(url, { api: "dynamo" })).resolves.toMatchObject({ name: "dynamo indexer" });
  });
});
