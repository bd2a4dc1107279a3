/** A small router over node:http: exact paths, bounded bodies, one place where errors become answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { asError, type ErrorCode, KvproofError, UnavailableError } from "../../base/errors.js";

/** Of a request body. A prompt of 1 M tokens is about 7 MB of JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  /** The body as JSON; an empty body is undefined. Throws KVP_E_BODY_TOO_LARGE or KVP_E_BAD_REQUEST. */
  json(): Promise<unknown>;
}

export type Handler = (call: Call) => Promise<void> | void;
/** `GET /path` → handler. */
export type Routes = ReadonlyMap<string, Handler>;

export interface RouteServerOptions {
  readonly routes: Routes;
  /** Turns what a handler threw, or a miss (KVP_E_NOT_FOUND, with status 404 or 405), into an answer. */
  readonly renderError: (res: ServerResponse, error: Error, status: number) => void;
  /** Before any route; throws to refuse. */
  readonly guard?: (req: IncomingMessage) => void;
  readonly observe?: (method: string, path: string, status: number) => void;
}

export function createRouteServer(options: RouteServerOptions): Server {
  return createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://engine");
    const { observe } = options;
    if (observe !== undefined) res.once("finish", () => observe(req.method ?? "", url.pathname, res.statusCode));
    const call: Call = { req, res, url, json: () => readJson(req) };
    void serve(call, options).catch((thrown: unknown) => {
      const error = asError(thrown);
      if (res.headersSent) res.destroy(error);
      else options.renderError(res, error, statusOf(error));
    });
  });
}

async function serve(call: Call, { routes, guard, renderError }: RouteServerOptions): Promise<void> {
  guard?.(call.req);
  const method = call.req.method === "HEAD" ? "GET" : (call.req.method ?? "GET");
  const handler = routes.get(`${method} ${call.url.pathname}`);
  if (handler !== undefined) return handler(call);
  const other = ["GET", "POST"].some((verb) => routes.has(`${verb} ${call.url.pathname}`));
  const error = new KvproofError("KVP_E_NOT_FOUND", other ? "Method Not Allowed" : "Not Found");
  renderError(call.res, error, other ? 405 : 404);
}

const statuses: Partial<Record<ErrorCode, number>> = {
  KVP_E_BAD_REQUEST: 400,
  KVP_E_UNAUTHORIZED: 401,
  KVP_E_NOT_FOUND: 404,
  KVP_E_UNKNOWN_CONTROL: 404,
  KVP_E_BODY_TOO_LARGE: 413,
};

/** HTTP status of our own errors; 500 for all others. */
function statusOf(error: Error): number {
  return (error instanceof KvproofError ? statuses[error.code] : undefined) ?? 500;
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  sendText(res, status, JSON.stringify(body), "application/json");
}

export function sendText(res: ServerResponse, status: number, text: string, contentType?: string): void {
  const headers: Record<string, string | number> = { "content-length": Buffer.byteLength(text) };
  if (contentType !== undefined) headers["content-type"] = contentType;
  res.writeHead(status, headers).end(text);
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const text = await readText(req);
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new KvproofError("KVP_E_BAD_REQUEST", `the body is not valid JSON: ${asError(cause).message}`, { cause });
  }
}

/** What exceeds the limit is read and dropped, so that the client still gets its answer. */
function readText(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new KvproofError("KVP_E_BODY_TOO_LARGE", `the body exceeds MAX_BODY_BYTES (${MAX_BODY_BYTES})`));
    });
    req.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    req.once("error", reject);
  });
}

/** Resolves with the URL that clients dial. Throws KVP_E_ADDRESS_IN_USE or KVP_E_BIND. */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === "EADDRINUSE";
      const message = inUse
        ? `http://${host}:${port} is in use by another process`
        : `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new UnavailableError(inUse ? "KVP_E_ADDRESS_IN_USE" : "KVP_E_BIND", message, { cause }));
    });
    server.listen(port, host, () => resolve(`http://${host}:${(server.address() as AddressInfo).port}`));
  });
}

/** Answers that are about to end may do so; on a busy machine the last of a ledger takes its time. */
const LAST_WORDS_MS = 2000;

/** Like {@link closeServer}, but what is being answered gets a moment to end in order. */
export function endServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const hard = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS);
    server.close(() => {
      clearTimeout(hard);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Ends the listener and every connection. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
