/** A small JSON client over kept-alive connections; every failure names the call, the target and what came back. */
import { Pool } from "undici";
import { asError, type ErrorCode, KvproofError, UnavailableError } from "../../base/errors.js";

/** Probes, sampling and steps together; more would only queue inside the target. */
const CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;
const QUOTED_CHARACTERS = 300;

export class JsonClient {
  readonly #pool: Pool;
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
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

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #request(method: "GET" | "POST", path: string, body?: string): Promise<string> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    let status: number;
    let text: string;
    try {
      const response = await this.#pool.request({ method, path, headers, ...(body === undefined ? {} : { body }) });
      status = response.statusCode;
      text = await response.body.text();
    } catch (thrown) {
      const message = `${method} ${this.#url}${path}: ${asError(thrown).message || "no answer"}`;
      throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", message, { cause: thrown });
    }
    if (status === 200) return text;
    const code: ErrorCode = status < 500 ? "KVP_E_BAD_REQUEST" : "KVP_E_SUT_UNAVAILABLE";
    throw new KvproofError(
      code,
      `${method} ${this.#url}${path} answered ${status}: ${text.slice(0, QUOTED_CHARACTERS)}`,
    );
  }

  #json(path: string, text: string): unknown {
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
