/** The gateway's HTTP server: a table of routes, limits on every client, and an orderly end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { asError, KvproofError, UnavailableError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { LIMITS } from "../limits.js";
import { sendError, statusOf } from "./answers.js";

const IDLE_SWEEP_MS = 20;

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** `"POST /query"` → handler. */
export type RouteTable = Readonly<Record<string, Handler>>;

export class GatewayServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, ReadonlyMap<string, Handler>>;
  readonly #log: Logger;
  #closing = false;

  constructor(routes: RouteTable, log: Logger) {
    this.#log = log;
    this.#routes = byPath(routes);
    this.#server = createServer(
      { requestTimeout: LIMITS.clientRequestMs, keepAliveTimeout: LIMITS.clientKeepAliveMs, noDelay: true },
      (request, response) => void this.#dispatch(request, response),
    );
  }

  /** @returns base URL. @throws UnavailableError KVP_E_ADDRESS_IN_USE or KVP_E_BIND. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => reject(bindError(error, host, port)));
      this.#server.listen(port, host, resolve);
    });
    this.#server.on("error", (error) => this.#log.error({ error: error.message }, "the server socket failed"));
    const address = this.#server.address() as AddressInfo;
    return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  }

  /** Accepts nothing new, lets running requests end for up to `graceMs`, then cuts them. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Kept-alive connections become idle one by one, as their last answers end.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), IDLE_SWEEP_MS);
    const timer = setTimeout(() => {
      this.#log.warn({ graceMs }, "requests still running at the end of the grace period are cut");
      this.#server.closeAllConnections();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(timer);
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client's keep-alive connection would hold up the end.
    if (this.#closing) response.setHeader("connection", "close");
    try {
      await this.#handlerOf(request, response)(request, response);
    } catch (thrown) {
      if (statusOf(thrown) === 500)
        this.#log.error({ url: request.url, stack: asError(thrown).stack }, "defect while answering");
      sendError(response, thrown);
    }
  }

  #handlerOf(request: IncomingMessage, response: ServerResponse): Handler {
    const url = request.url ?? "/";
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    const methods = this.#routes.get(path);
    const handler = methods?.get(request.method ?? "");
    if (handler) return handler;
    if (!methods) throw new KvproofError("KVP_E_NOT_FOUND", `no route ${path.slice(0, 128)}`);
    response.setHeader("allow", [...methods.keys()].join(", "));
    throw new KvproofError("KVP_E_NOT_FOUND", `${path} does not answer ${request.method}`, {
      details: { status: 405 },
    });
  }
}

function byPath(routes: RouteTable): Map<string, Map<string, Handler>> {
  const paths = new Map<string, Map<string, Handler>>();
  for (const [route, handler] of Object.entries(routes)) {
    const [method, path] = route.split(" ") as [string, string];
    const methods = paths.get(path) ?? new Map<string, Handler>();
    paths.set(path, methods.set(method, handler));
  }
  return paths;
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): UnavailableError {
  if (error.code === "EADDRINUSE") {
    return new UnavailableError("KVP_E_ADDRESS_IN_USE", `${host}:${port} is in use by another process`, {
      cause: error,
    });
  }
  return new UnavailableError("KVP_E_BIND", `cannot bind ${host}:${port}: ${error.message}`, { cause: error });
}
