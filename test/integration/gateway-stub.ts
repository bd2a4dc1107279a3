/** An engine made of node:http and libzmq sockets, as small as a gateway test needs it, and the gateway to go with it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Publisher, Router } from "zeromq";
import { waitFor } from "../../src/base/async.js";
import { silentLogger } from "../../src/base/log.js";
import { type RunningGateway, startGateway } from "../../src/gateway/gateway.js";
import { DEFAULT_OPTIONS, type GatewayOptions } from "../../src/gateway/options.js";
import type { StreamStatus } from "../../src/gateway/ports.js";
import { buildEventMessage, buildReplayEnd, buildReplayReply, parseReplayRequest } from "../../src/protocol/frames.js";
import type { KvEvent } from "../../src/protocol/kv-event.js";
import { encodeBatch } from "../../src/protocol/kv-event-writer.js";

export const BLOCK = 4;

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

type Answer = (request: Received, response: ServerResponse) => void | Promise<void>;

interface Rank {
  readonly publisher: Publisher;
  readonly replay: Router;
  readonly events: string;
  readonly replayAt: string;
  readonly sent: Uint8Array[];
}

export class StubEngine {
  readonly received: Received[] = [];
  /** Name → path. */
  adapters = new Map<string, string>();
  healthStatus = 200;
  /** Further pages: path → text. */
  readonly pages = new Map<string, string>();
  answer: Answer = (request, response) => json(response, 200, { served_by: this.name, model: request.body.model });
  tokenize: Answer = (_, response) => json(response, 200, { tokens: [] });
  #hash = 1n;
  readonly #hashes = new Map<string, bigint>();

  private constructor(
    readonly name: string,
    readonly model: string,
    readonly server: Server,
    public ranks: readonly Rank[],
  ) {}

  static async start(
    name: string,
    options: { model?: string; ranks?: number; port?: number } = {},
  ): Promise<StubEngine> {
    const ranks = await Promise.all(Array.from({ length: options.ranks ?? 1 }, () => openRank()));
    const server = createServer((request, response) => void engine.#serve(request, response));
    const engine: StubEngine = new StubEngine(name, options.model ?? "m", server, ranks);
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
    return engine;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  registration(uid = "1"): Record<string, unknown> {
    const ranks = this.ranks.map(({ events, replayAt }, rank) => ({ rank, events, replay: replayAt }));
    const { name: engine, model, http } = this;
    return { engine, model, block_size: BLOCK, dialect: "vllm-0.30", topic: "", http, ranks, uid };
  }

  /** Announces the full blocks of `tokens` as one chained event. */
  async store(
    tokens: readonly number[],
    options: { lora?: string; loraId?: number; rank?: number } = {},
  ): Promise<void> {
    const { lora = null, rank = 0 } = options;
    const blocks = Math.floor(tokens.length / BLOCK);
    const blockHashes = Array.from({ length: blocks }, (_, i) => {
      const key = JSON.stringify([lora, options.loraId, tokens.slice(0, (i + 1) * BLOCK)]);
      const hash = this.#hashes.get(key) ?? this.#hash++;
      this.#hashes.set(key, hash);
      return hash;
    });
    await this.publish(rank, {
      type: "stored",
      blockHashes,
      parent: null,
      tokenIds: tokens.slice(0, blocks * BLOCK),
      blockSize: BLOCK,
      loraId: lora === null ? null : (options.loraId ?? 1),
      loraName: lora,
      medium: "GPU",
      extraKeys: blockHashes.map(() => (lora === null ? null : [lora])),
      groupIdx: 0,
      specKind: "full_attention",
    });
  }

  async publish(rank: number, ...events: KvEvent[]): Promise<void> {
    await this.publishBytes(rank, encodeBatch("vllm-0.30", { ts: 1.5, events, rank }));
  }

  async publishBytes(rank: number, payload: Uint8Array): Promise<void> {
    const { publisher, sent } = this.ranks[rank] as Rank;
    sent.push(payload);
    await publisher.send(buildEventMessage("", sent.length - 1, payload).map((frame) => Buffer.from(frame)));
  }

  /** Publishes what a vLLM says of itself, for discovery. */
  describeItself(): this {
    const sources = this.ranks.map(({ events, replayAt }, rank) => {
      const anywhere = (endpoint: string): string => endpoint.replace("127.0.0.1", "*");
      const config = { enable_kv_cache_events: true, publisher: "zmq", topic: "" };
      return [rank, { ...config, endpoint: anywhere(events), replay_endpoint: anywhere(replayAt) }] as const;
    });
    this.pages.set("/kv_event_sources", JSON.stringify(Object.fromEntries(sources)));
    this.pages.set("/metrics", `vllm:cache_config_info{a="1",block_size="${BLOCK}",hash_block_size="None"} 1.0\n`);
    return this;
  }

  /** Ends HTTP at once, as a crash does; `sockets` too unless the engine core outlives its API server. */
  async kill(sockets = true): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    if (!sockets) return;
    for (const { publisher, replay } of this.ranks) {
      publisher.close();
      replay.close();
    }
  }

  /** A new life with an empty cache at the same address and ports. */
  async restartInPlace(): Promise<void> {
    const { port } = this;
    await this.kill();
    this.ranks = await Promise.all(this.ranks.map(({ events, replayAt }) => openRank(events, replayAt)));
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
  }

  requests(path: string): Received[] {
    return this.received.filter((request) => request.path === path);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (path === "/health") return json(response, this.healthStatus, {});
    if (path === "/v1/models") return json(response, 200, { object: "list", data: this.#models() });
    const page = this.pages.get(path);
    if (page !== undefined) return void response.writeHead(200).end(page);
    if (request.method === "GET") return json(response, 404, {});
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const received = { path, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString() || "{}") };
    this.received.push(received);
    await (path === "/tokenize" ? this.tokenize : this.answer)(received, response);
  }

  #models(): unknown[] {
    const model = { object: "model", created: 1, owned_by: "vllm", max_model_len: 1024 };
    const adapters = [...this.adapters].map(([id, root]) => ({ ...model, id, root, parent: this.model }));
    return [{ ...model, id: this.model, root: `./${this.model}`, parent: null }, ...adapters];
  }
}

async function openRank(eventsAt = "tcp://127.0.0.1:*", replayAt = eventsAt): Promise<Rank> {
  const publisher = new Publisher({ linger: 0 });
  const replay = new Router({ linger: 0 });
  // libzmq frees a port some time after close() returned.
  await waitFor(() => publisher.bind(eventsAt).then(() => true), {
    describe: `${eventsAt} to be free`,
    timeoutMs: 5_000,
  });
  await waitFor(() => replay.bind(replayAt).then(() => true), { describe: `${replayAt} to be free`, timeoutMs: 5_000 });
  const rank = { publisher, replay, events: `${publisher.lastEndpoint}`, replayAt: `${replay.lastEndpoint}`, sent: [] };
  void answerReplays(rank);
  return rank;
}

async function answerReplays({ replay, sent }: Rank): Promise<void> {
  for await (const frames of replay) {
    const { client, start } = parseReplayRequest(frames);
    const send = (reply: Uint8Array[]): Promise<void> =>
      replay.send([client, ...reply].map((frame) => Buffer.from(frame)));
    for (let seq = start; seq < sent.length; seq++) {
      await send(buildReplayReply(4, "", { seq, payload: sent[seq] as Uint8Array }));
    }
    await send(buildReplayEnd(4));
  }
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

interface Worker {
  readonly engine: string;
  readonly healthy: boolean;
  readonly health: string;
  readonly adapters: Record<string, string>;
  readonly ranks: readonly (StreamStatus & { readonly rank: number })[];
}

/** A gateway in this process, and the calls a test makes. */
export class TestGateway {
  private constructor(readonly gateway: RunningGateway) {}

  static async start(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
    const quick = { healthIntervalMs: 50, adapterIntervalMs: 50, drainMs: 500 };
    return new TestGateway(await startGateway({ ...DEFAULT_OPTIONS, ...quick, ...options }, silentLogger));
  }

  get url(): string {
    return this.gateway.url;
  }

  post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    const headers = { "content-type": "application/json", ...(init.headers as Record<string, string> | undefined) };
    return fetch(this.url + path, { method: "POST", ...init, body: JSON.stringify(body), headers });
  }

  /** Registers engines and waits until each is healthy and follows all its streams. */
  async with(...engines: StubEngine[]): Promise<this> {
    for (const engine of engines) await this.post("/register", engine.registration());
    await this.until("engines to be live", async () => {
      const workers = await this.workers();
      return engines.every(({ name }) => {
        const worker = workers.find(({ engine }) => engine === name);
        return worker?.healthy && worker.ranks.every(({ state }) => state === "live");
      });
    });
    return this;
  }

  async workers(): Promise<Worker[]> {
    return ((await (await fetch(`${this.url}/workers`)).json()) as { workers: Worker[] }).workers;
  }

  async query(tokens: readonly number[], fields: object = {}): Promise<Record<string, number>> {
    const response = await this.post("/query", { model: "m", lora: null, salt: null, tokens, ...fields });
    return ((await response.json()) as { engines: Record<string, number> }).engines;
  }

  complete(prompt: unknown, fields: object = {}, init: RequestInit = {}): Promise<Response> {
    return this.post("/v1/completions", { model: "m", prompt, max_tokens: 1, ...fields }, init);
  }

  /** Sum over all series of a name, or the value of one series. */
  async metric(name: string): Promise<number> {
    const page = await (await fetch(`${this.url}/metrics`)).text();
    const lines = page.split("\n").filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  until<T>(describe: string, condition: () => T | Promise<T>): Promise<unknown> {
    return waitFor(condition, { describe, timeoutMs: 10_000 });
  }
}

/** Token ids of `blocks` full blocks that no other prompt with another `seed` shares. */
export function promptOf(blocks: number, seed = 1): number[] {
  return Array.from({ length: blocks * BLOCK }, (_, i) => seed * 10_000 + i);
}
