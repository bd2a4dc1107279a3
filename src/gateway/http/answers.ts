/** How the gateway answers: JSON, and errors as `{"error": {"code", "message"}}` with the status that fits the code. */
import type { ServerResponse } from "node:http";
import { asError, type ErrorCode, KvproofError } from "../../base/errors.js";

const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  KVP_E_BAD_REQUEST: 400,
  KVP_E_USAGE: 400,
  KVP_E_UNAUTHORIZED: 401,
  KVP_E_NOT_FOUND: 404,
  KVP_E_BODY_TOO_LARGE: 413,
  KVP_E_UPSTREAM: 502,
  KVP_E_NO_ENGINE: 503,
  KVP_E_LIMIT: 503,
  KVP_E_TIMEOUT: 504,
};

export function statusOf(error: unknown): number {
  if (!(error instanceof KvproofError)) return 500;
  const { status } = error.details as { status?: unknown };
  return typeof status === "number" ? status : (STATUS_OF_CODE[error.code] ?? 500);
}

export function badRequest(message: string): KvproofError {
  return new KvproofError("KVP_E_BAD_REQUEST", message);
}

export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, "application/json", JSON.stringify(value));
}

/** Answers with the error; if the answer has begun already, cuts it, so that the client cannot take it for whole. */
export function sendError(response: ServerResponse, thrown: unknown): void {
  const status = statusOf(thrown);
  const error = asError(thrown);
  const code = error instanceof KvproofError ? error.code : "KVP_E_INTERNAL";
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (status === 413) response.setHeader("connection", "close");
  if (status === 503) response.setHeader("retry-after", "1");
  // `type` is what OpenAI clients look for besides the message.
  const type = status < 500 ? "invalid_request_error" : "server_error";
  sendJson(response, status, { error: { code, message: error.message, type } });
}
