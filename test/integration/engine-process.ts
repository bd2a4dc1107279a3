/** Starts `kvproof engine` as a process and talks to it over its real sockets. Ended with the test that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Dealer, type Message, Subscriber } from "zeromq";
import { waitFor } from "../../src/base/async.js";
import type { LedgerRecord } from "../../src/base/ledger.js";
import { cliEntry } from "../../src/base/package-root.js";
import type { ReadyLine } from "../../src/engine/main.js";
import { parseEventMessage, type EventMessage } from "../../src/protocol/frames.js";
import type { KvEventBatch } from "../../src/protocol/kv-event.js";
import { decodeBatchObjects } from "../../src/protocol/kv-event-objects.js";

const TOKEN = "the lab's token";
const READY_TIMEOUT_MS = 10_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

export class EngineProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly ledgerPath: string;
  readonly #folder: string;
  stdout = "";
  stderr = "";

  /** `shared`: the caller closes it; else it ends with the test. */
  constructor(
    flags: readonly string[],
    options: { readonly env?: Record<string, string>; readonly ledgerPath?: string; readonly shared?: boolean } = {},
  ) {
    const folder = mkdtempSync(join(tmpdir(), "kvproof-engine-"));
    this.ledgerPath = options.ledgerPath ?? join(folder, "ledger.ndjson");
    const args = [cliEntry(), "engine", "--ledger-file", this.ledgerPath, "--log-level", "warn", ...flags];
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, KVPROOF_LAB_TOKEN: TOKEN, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr?.on("data", (data: Buffer) => (this.stderr += data.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => resolve({ code, signal, stderr: this.stderr }));
    });
    this.#folder = folder;
    if (!options.shared) onTestFinished(() => this.close());
  }

  async close(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async ready(): Promise<EngineUnderTest> {
    const line = await waitFor(() => this.stdout.includes("\n") && this.stdout, {
      describe: `a ready line (stderr: ${this.stderr})`,
      timeoutMs: READY_TIMEOUT_MS,
    });
    return new EngineUnderTest(this, JSON.parse(line) as ReadyLine);
  }
}

export async function anEngine(...flags: string[]): Promise<EngineUnderTest> {
  return new EngineProcess(["--model", "tiny", ...flags]).ready();
}

/** For beforeAll; close it in afterAll. */
export async function aSharedEngine(...flags: string[]): Promise<EngineUnderTest> {
  return new EngineProcess(["--model", "tiny", ...flags], { shared: true }).ready();
}

/** JSON of --kv-events-config on `host`, ports chosen by the system. */
export function events(extra: Record<string, unknown> = {}, host = "127.0.0.1"): string {
  const endpoint = `tcp://${host}:0`;
  return JSON.stringify({
    enable_kv_cache_events: true,
    endpoint,
    replay_endpoint: endpoint,
    replay_poll_ms: 5,
    ...extra,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class EngineUnderTest {
  readonly process: EngineProcess;
  readonly info: ReadyLine;

  constructor(process: EngineProcess, info: ReadyLine) {
    this.process = process;
    this.info = info;
  }

  /** Endpoints of rank 0. */
  get events(): string {
    return this.info.ranks[0]?.events ?? "";
  }

  get replay(): string {
    return this.info.ranks[0]?.replay ?? "";
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return request(this.info.http + path, method, body, headers);
  }

  async json<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    return JSON.parse((await this.call(method, path, body, headers)).text) as T;
  }

  /** A completion; returns its cached tokens. */
  async complete(
    prompt: readonly number[] | string,
    fields: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<number> {
    const body = { model: "tiny", prompt, max_tokens: 1, ...fields };
    const answer = await this.call("POST", "/v1/completions", body, headers);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    const { usage } = JSON.parse(answer.text) as { usage: { prompt_tokens_details: { cached_tokens: number } } };
    return usage.prompt_tokens_details.cached_tokens;
  }

  async lab(method: string, path: string, body?: unknown, token = TOKEN): Promise<Answer> {
    return request(this.info.lab + path, method, body, { authorization: `Bearer ${token}` });
  }

  async labJson<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.lab(method, path, body);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  }

  store(...tokens: (readonly number[])[]): Promise<{ seq: number | null; stored: number; evicted: number }> {
    return this.labJson("POST", "/lab/cache", { store: tokens.map((list) => ({ tokens: list })) });
  }

  evict(...tokens: (readonly number[])[]): Promise<{ seq: number | null; stored: number; evicted: number }> {
    return this.labJson("POST", "/lab/cache", { evict: tokens.map((list) => ({ tokens: list })) });
  }

  ledger(): LedgerRecord[] {
    return readLedger(this.process.ledgerPath);
  }

  /** The value of one sample of /metrics, by the start of its line. */
  async metric(sample: string): Promise<number> {
    const { text } = await this.call("GET", "/metrics");
    const line = text.split("\n").find((candidate) => candidate.startsWith(`${sample} `));
    if (line === undefined) throw new Error(`no sample ${sample}`);
    return Number(line.slice(sample.length + 1));
  }
}

export function readLedger(path: string): LedgerRecord[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as LedgerRecord);
}

async function request(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const contentType: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(url, { method, headers: { ...contentType, ...headers }, ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export interface Received extends EventMessage {
  readonly frames: number;
  /** Throws when the payload is not decodable. */
  batch(): KvEventBatch;
}

/** A libzmq SUB that keeps what it receives. `endpoint` is dialled, or bound when `bind` (PUB-connect deployments). */
export class EventLog {
  readonly received: Received[] = [];
  readonly #socket = new Subscriber({ receiveHighWaterMark: 0, linger: 0 });

  static async attach(endpoint: string, options: { topic?: string; bind?: boolean } = {}): Promise<EventLog> {
    const log = new EventLog();
    log.#socket.subscribe(options.topic ?? "");
    if (options.bind) await log.#socket.bind(endpoint);
    else log.#socket.connect(endpoint);
    log.#run().catch((thrown: unknown) => {
      // A receive that libzmq's binding had put off meets the closed socket.
      if (!log.#socket.closed) throw thrown;
    });
    onTestFinished(() => log.#socket.close());
    return log;
  }

  /** Attaches and makes sure, by cache activity of its own, that the subscription has arrived. */
  static async live(engine: EngineUnderTest, rank = 0): Promise<EventLog> {
    const log = await EventLog.attach(engine.info.ranks[rank]?.events as string);
    let warmUp = 0;
    await waitFor(
      async () => {
        if (log.received.length > 0) return true;
        const tokens = Array.from({ length: 64 }, (_, i) => 20_000 + warmUp * 64 + i);
        warmUp++;
        await engine.labJson("POST", "/lab/cache", {
          store: [{ tokens }],
          evict: [{ tokens: tokens.map((t) => t - 64) }],
          rank,
        });
        return false;
      },
      { describe: "the subscription to arrive at the publisher", timeoutMs: 5000 },
    );
    return log;
  }

  async #run(): Promise<void> {
    for await (const frames of this.#socket) {
      const message = parseEventMessage(frames as Message[]);
      this.received.push({ ...message, frames: frames.length, batch: () => decodeBatchObjects(message.payload) });
    }
  }

  get seqs(): number[] {
    return this.received.map(({ seq }) => seq);
  }

  async until(seq: number): Promise<Received> {
    return waitFor(() => this.received.find((message) => message.seq === seq), {
      describe: `batch ${seq} to arrive (have ${this.seqs.slice(-3).join(", ")})`,
      timeoutMs: 5000,
    });
  }
}

/** Sends `request` from a DEALER and gathers replies until END (two empty-tailed forms) or until `silenceMs` without one. */
export async function replay(endpoint: string, request: readonly Uint8Array[], silenceMs = 3000): Promise<Message[][]> {
  const dealer = new Dealer({ receiveHighWaterMark: 0, linger: 0, receiveTimeout: silenceMs });
  dealer.connect(endpoint);
  const replies: Message[][] = [];
  try {
    await dealer.send(request as Uint8Array[]);
    for (;;) {
      const frames = (await dealer.receive()) as Message[];
      replies.push(frames);
      if (frames.at(-2)?.equals(Buffer.alloc(8, 0xff))) return replies;
    }
  } catch {
    return replies;
  } finally {
    dealer.close();
  }
}

/** `count` tokens that no other `salt` shares. */
export function tokens(count: number, salt = 0): number[] {
  return Array.from({ length: count }, (_, i) => 100 + salt * 1000 + (i % 1000));
}
