import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askEngine, dialable } from "./ask-engine.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An engine that answers these pages, and 404 to everything else. */
async function anEngine(pages: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ""];
    if (page === undefined) response.writeHead(404).end();
    else response.end(typeof page === "string" ? page : JSON.stringify(page));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const models = {
  object: "list",
  data: [
    { id: "lora", parent: "m", root: "./x" },
    { id: "m", root: "./m", parent: null },
  ],
};
const vllm = { enable_kv_cache_events: true, publisher: "zmq", topic: "kv@m", buffer_steps: 10_000 };
// As vLLM 0.32.0 wrote it, shortened.
const cacheConfig = `# HELP vllm:cache_config_info x
vllm:cache_config_info{_block_size_resolved="True",block_size="32",effective_attention_block_size="64",hash_block_size="None"} 1.0
`;

describe("askEngine", () => {
  it("learns ranks, endpoints, topic, model and block size from a vLLM", async () => {
    const http = await anEngine({
      "/v1/models": models,
      "/kv_event_sources": {
        "0": { ...vllm, endpoint: "tcp://*:5557", replay_endpoint: "tcp://*:5657" },
        "1": { ...vllm, endpoint: "tcp://10.1.2.3:5558", replay_endpoint: null },
      },
      "/metrics": cacheConfig,
    });
    expect(await askEngine({ http })).toMatchObject({
      engine: `m/${http.slice("http://".length)}`,
      model: "m",
      block_size: 32,
      topic: "kv@m",
      duplicates: "copies",
      ranks: [
        { rank: 0, events: "tcp://127.0.0.1:5557", replay: "tcp://127.0.0.1:5657" },
        { rank: 1, events: "tcp://10.1.2.3:5558", replay: null },
      ],
    });
  });

  it("finds no ranks where events are switched off, so that the engine is still served", async () => {
    const sources = { "0": { ...vllm, enable_kv_cache_events: false, endpoint: "tcp://*:5557" } };
    const http = await anEngine({ "/v1/models": models, "/kv_event_sources": sources, "/metrics": cacheConfig });
    expect((await askEngine({ http, engine: "mine" })).ranks).toEqual([]);
  });

  it("learns from an SGLang, whose events announce a block again instead of counting copies", async () => {
    const kv_events = {
      publisher: "zmq",
      endpoint_host: "*",
      endpoint_port_base: 5557,
      topic: "",
      block_size: 64,
      dp_size: 2,
    };
    const http = await anEngine({ "/v1/models": models, "/server_info": { kv_events } });
    expect(await askEngine({ http })).toMatchObject({
      block_size: 64,
      duplicates: "set",
      ranks: [{ events: "tcp://127.0.0.1:5557" }, { events: "tcp://127.0.0.1:5558", replay: null }],
    });
  });

  it.each([
    ["no model", { "/v1/models": { data: [] } }, "no base model"],
    ["nothing about events", { "/v1/models": models }, "neither /kv_event_sources nor /server_info"],
    ["no block size", { "/v1/models": models, "/kv_event_sources": {}, "/metrics": "x 1\n" }, "block_size"],
    ["no model list", { "/v1/models": "<html>" }, "not JSON"],
  ])("says what is missing: %s", async (_, pages, message) => {
    await expect(askEngine({ http: await anEngine(pages) })).rejects.toThrow(message);
  });
});

describe("dialable", () => {
  it.each([
    ["tcp://*:5557", "tcp://10.0.0.9:5557"],
    ["tcp://0.0.0.0:5557", "tcp://10.0.0.9:5557"],
    ["tcp://[::]:5557", "tcp://10.0.0.9:5557"],
    ["tcp://10.0.0.1:5557", "tcp://10.0.0.1:5557"],
  ])("%s is dialled at %s", (endpoint, expected) => {
    expect(dialable(endpoint, "10.0.0.9")).toBe(expected);
  });
});
