/**
 * What an engine of a trace says over HTTP, so that routers take it for alive and can discover it: health, models with
 * adapters, event sources, block size. It serves no prompt: a trace has no model.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface FrontFacts {
  readonly model: string;
  readonly adapters: readonly string[];
  readonly blockSize: number;
  readonly topic: string;
  readonly ranks: readonly { readonly rank: number; readonly events: string; readonly replay: string }[];
}

export class EngineFront {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.url = `http://${host}:${(server.address() as AddressInfo).port}`;
  }

  static async open(host: string, facts: FrontFacts): Promise<EngineFront> {
    const server = createServer((request, response) => answer(request.url ?? "", facts, response));
    server.listen(0, host);
    await once(server, "listening");
    return new EngineFront(server, host);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

function answer(url: string, { model, adapters, blockSize, topic, ranks }: FrontFacts, response: ServerResponse): void {
  const json = (status: number, body: unknown): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const [path] = url.split("?");
  if (path === "/health" || path === "/ping") return void response.writeHead(200).end();
  if (path === "/v1/models") {
    const base = { id: model, object: "model", root: model, parent: null };
    const loaded = adapters.map((name) => ({ id: name, object: "model", root: name, parent: model }));
    return json(200, { object: "list", data: [base, ...loaded] });
  }
  if (path === "/kv_event_sources") {
    const source = (rank: (typeof ranks)[number]): unknown => ({
      enable_kv_cache_events: true,
      publisher: "zmq",
      endpoint: rank.events,
      replay_endpoint: rank.replay,
      topic,
    });
    return json(200, Object.fromEntries(ranks.map((rank) => [String(rank.rank), source(rank)])));
  }
  if (path === "/metrics") {
    const text = `vllm:cache_config_info{block_size="${blockSize}"} 1.0\n`;
    return void response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text);
  }
  return json(501, { error: { message: "this engine is a replayed trace: it has events, and no model" } });
}
