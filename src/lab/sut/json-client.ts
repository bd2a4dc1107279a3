/** A small JSON client over kept-alive connections; every failure names the call, the target and what came back. */
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Pool } from "undici";
import { asError, type ErrorCode, KvproofError, UnavailableError } from "../../base/errors.js";

/** Probes, sampling and steps together; more would only queue inside the target. */
const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;
/** A longer answer is none that any documented call gives. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const QUOTED_CHARACTERS = 300;

export class JsonClient {
  readonly #pool: Pool;
  readonly #url: string;
  /** Path that stands before every call's own. */
  readonly #base: string;
  readonly #token: string;

  constructor(url: string, token: string, timeoutMs = TIMEOUT_MS) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    const { origin, pathname } = new URL(url);
    this.#base = pathname.replace(/\/+$/, "");
    this.#pool = new Pool(origin, { connections: CONNECTIONS, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  }

  async post(path: string, body: unknown): Promise<unknown> {
    return this.#json(path, await this.#request("POST", path, JSON.stringify(body)));
  }

  async get(path: string): Promise<unknown> {
    return this.#json(path, await this.#request("GET", path));
  }

  text(path: string): Promise<string> {
    return this.#request("GET", path);
  }

  /** A body of any size, into a file. It may take the other side a while to begin. */
  async download(path: string, file: string): Promise<void> {
    const url = `${this.#url}${path}`;
    try {
      const options = { method: "GET" as const, path: this.#base + path, headers: this.#authorization };
      const timeouts = { headersTimeout: DOWNLOAD_TIMEOUT_MS, bodyTimeout: DOWNLOAD_TIMEOUT_MS };
      const response = await this.#pool.request({ ...options, ...timeouts });
      if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
      await pipeline(response.body, createWriteStream(file));
    } catch (thrown) {
      const message = `GET ${url}: ${asError(thrown).message || "no answer"}`;
      throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", message, { cause: thrown });
    }
  }

  get #authorization(): Record<string, string> {
    return this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #request(method: "GET" | "POST", path: string, body?: string): Promise<string> {
    const headers = {
      ...this.#authorization,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    let status: number;
    let text: string;
    try {
      const response = await this.#pool.request({
        method,
        path: this.#base + path,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      status = response.statusCode;
      text = await bodyOf(response.body);
    } catch (thrown) {
      const message = `${method} ${this.#url}${path}: ${asError(thrown).message || "no answer"}`;
      throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", message, { cause: thrown });
    }
    if (status >= 200 && status < 300) return text;
    const code: ErrorCode = status < 500 ? "KVP_E_BAD_REQUEST" : "KVP_E_SUT_UNAVAILABLE";
    throw new KvproofError(
      code,
      `${method} ${this.#url}${path} answered ${status}: ${text.slice(0, QUOTED_CHARACTERS)}`,
      { details: { status } },
    );
  }

  #json(path: string, text: string): unknown {
    if (text === "") return null;
    try {
      return JSON.parse(text);
    } catch {
      throw new UnavailableError(
        "KVP_E_SUT_UNAVAILABLE",
        `${this.#url}${path} answered no JSON: ${text.slice(0, QUOTED_CHARACTERS)}`,
      );
    }
  }
}

async function bodyOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
