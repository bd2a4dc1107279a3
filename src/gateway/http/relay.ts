/**
 * One attempt to serve a request on one engine. Until the engine's first byte nothing has reached the client, so the attempt
 * may fail and another engine be tried; from then on bytes flow through with backpressure, and a failure cuts the client's
 * connection, so that half an answer is never taken for a whole one.
 */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Dispatcher } from "undici";
import { asError } from "../../base/errors.js";
import type { Engine } from "../fleet/engine.js";
import { upstreamFailure } from "../fleet/engine-http.js";
import { downstreamHeaders } from "./headers.js";
import type { RetryReason } from "./metrics/request-metrics.js";

export interface RelayRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  readonly response: ServerResponse;
  /** Aborts when the client goes away. */
  readonly clientGone: AbortSignal;
  /** Statuses that are worth another engine; empty for the last one, whose answer passes whatever it is. */
  readonly retryStatuses: ReadonlySet<number>;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly onFirstByte: () => void;
}

export type RelayResult =
  | { readonly outcome: "served"; readonly status: number }
  | { readonly outcome: "client-gone" }
  /** The engine failed after its first byte. */
  | { readonly outcome: "cut"; readonly status: number; readonly error: Error }
  | { readonly outcome: "failed"; readonly reason: RetryReason; readonly retry: boolean; readonly error: Error };

export async function relay(engine: Engine, request: RelayRequest): Promise<RelayResult> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  let stopped = false;
  const unlisten = engine.onStopServing(() => {
    stopped = true;
    abort();
  });
  request.clientGone.addEventListener("abort", abort);
  engine.load++;
  try {
    const answer = await ask(engine, request, attempt.signal);
    if (request.retryStatuses.has(answer.statusCode)) return await decline(answer);
    await firstByte(answer.body);
    unlisten();
    return await forward(answer, request);
  } catch (thrown) {
    if (request.clientGone.aborted) return { outcome: "client-gone" };
    return failed(engine, asError(thrown), stopped);
  } finally {
    engine.load--;
    unlisten();
    request.clientGone.removeEventListener("abort", abort);
  }
}

function failed(engine: Engine, error: Error, stopped: boolean): RelayResult {
  if (stopped)
    return { outcome: "failed", reason: "stopped-serving", retry: true, error: new Error("it stopped serving") };
  const reason = upstreamFailure(error);
  engine.health.reportFailure(reason);
  // A silent engine may still be working on it: asking another one as well would double the work of a slow fleet.
  const retry = (error as { code?: string }).code !== "UND_ERR_HEADERS_TIMEOUT";
  return { outcome: "failed", reason, retry, error };
}

async function ask(engine: Engine, request: RelayRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const answer = await engine.http.pool.request({
    method: "POST",
    path: engine.http.prefix + request.path,
    headers: request.headers,
    body: request.body,
    signal,
  });
  // It may fail while nobody reads it; whoever reads it next will see the failure.
  answer.body.on("error", () => undefined);
  return answer;
}

async function decline(answer: Dispatcher.ResponseData): Promise<RelayResult> {
  const status = answer.statusCode;
  await answer.body.dump();
  const reason = status === 404 ? "adapter-missing" : "status";
  return { outcome: "failed", reason, retry: true, error: new Error(`it answered ${status}`) };
}

/** Resolves when the first byte of the body, or its end, is there; rejects when the engine fails before it. */
function firstByte(body: Dispatcher.ResponseData["body"]): Promise<void> {
  return new Promise((resolve, reject) => {
    if (body.errored) return reject(body.errored);
    const done = (error?: Error): void => {
      body.off("readable", done).off("end", done).off("error", done);
      if (error) reject(error);
      else resolve();
    };
    body.once("readable", done).once("end", done).once("error", done);
  });
}

async function forward(answer: Dispatcher.ResponseData, request: RelayRequest): Promise<RelayResult> {
  const status = answer.statusCode;
  let engineError: Error | undefined;
  answer.body.once("error", (error: Error) => {
    if (!request.clientGone.aborted) engineError = error;
  });
  request.onFirstByte();
  request.response.writeHead(status, { ...downstreamHeaders(answer.headers), ...request.answerHeaders });
  try {
    // On failure of either side pipeline destroys both: the engine stops computing, the client sees a cut connection.
    await pipeline(answer.body, request.response);
    return { outcome: "served", status };
  } catch (thrown) {
    return engineError ? { outcome: "cut", status, error: asError(thrown) } : { outcome: "client-gone" };
  }
}
