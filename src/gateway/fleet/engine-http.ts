/** One engine's HTTP side: a connection pool, small bounded calls, and a name for every way in which a call can fail. */
import { Pool } from "undici";
import { asError, ProtocolError } from "../../base/errors.js";
import { LIMITS } from "../limits.js";
import { boundedCall, type EngineAnswer } from "./bounded-call.js";

/** How an engine failed to answer. Only `refused` says that no process listens any more. */
export type UpstreamFailure = "refused" | "unreachable" | "reset" | "timeout" | "aborted" | "bad-answer";

const FAILURE_OF_CODE: Readonly<Record<string, UpstreamFailure>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_ABORTED: "aborted",
  ABORT_ERR: "aborted",
};

export function upstreamFailure(thrown: unknown): UpstreamFailure {
  const error = asError(thrown) as Error & { code?: unknown };
  if (error.name === "TimeoutError") return "timeout";
  if (error.name === "AbortError") return "aborted";
  return FAILURE_OF_CODE[String(error.code)] ?? "bad-answer";
}

export interface EngineHttpOptions {
  /** Longest silence of the engine while a proxied request runs, before and between bytes. */
  readonly upstreamTimeoutMs: number;
}

export class EngineHttp {
  readonly pool: Pool;
  /** Path that every call starts with; "" unless the engine is served below a prefix. */
  readonly prefix: string;
  constructor(
    readonly url: string,
    options: EngineHttpOptions,
  ) {
    const parsed = new URL(url);
    this.prefix = parsed.pathname.replace(/\/+$/, "");
    this.pool = new Pool(parsed.origin, {
      connections: LIMITS.connectionsPerEngine,
      connect: { timeout: LIMITS.connectTimeoutMs },
      headersTimeout: options.upstreamTimeoutMs,
      bodyTimeout: options.upstreamTimeoutMs,
      pipelining: 1,
    });
  }

  get(path: string, timeoutMs: number): Promise<EngineAnswer> {
    return this.#call("GET", path, timeoutMs);
  }

  post(path: string, json: string, timeoutMs: number): Promise<EngineAnswer> {
    return this.#call("POST", path, timeoutMs, json);
  }

  /** GETs JSON. @throws ProtocolError for another status than 200 or for what is not JSON. */
  async getJson(path: string, timeoutMs: number): Promise<unknown> {
    return parseAnswer(`GET ${this.url}${path}`, await this.get(path, timeoutMs));
  }

  async postJson(path: string, json: string, timeoutMs: number): Promise<unknown> {
    return parseAnswer(`POST ${this.url}${path}`, await this.post(path, json, timeoutMs));
  }

  #call(method: "GET" | "POST", path: string, timeoutMs: number, json?: string): Promise<EngineAnswer> {
    const body = json === undefined ? {} : { body: json, headers: { "content-type": "application/json" } };
    const request = { method, path: this.prefix + path, ...body };
    return boundedCall(this.pool, `${method} ${this.url}${path}`, request, timeoutMs);
  }

  /** Lets running requests finish for up to `graceMs`, then cuts them. */
  async close(graceMs: number): Promise<void> {
    if (graceMs <= 0) return this.pool.destroy();
    const timer = setTimeout(() => void this.pool.destroy(), graceMs);
    timer.unref();
    try {
      await this.pool.close();
    } finally {
      clearTimeout(timer);
    }
  }
}

function parseAnswer(what: string, answer: EngineAnswer): unknown {
  if (answer.status !== 200) throw new ProtocolError("KVP_E_UPSTREAM", `${what} answered ${answer.status}, not 200`);
  try {
    return JSON.parse(answer.body.toString("utf8"));
  } catch (cause) {
    throw new ProtocolError("KVP_E_UPSTREAM", `${what} answered what is not JSON`, { cause });
  }
}
