/** Errors as vLLM's OpenAI server words them: `{"error":{"message","type","param","code"}}`. */
import type { ServerResponse } from "node:http";
import { KvproofError } from "../../base/errors.js";
import { AdapterRefused } from "../adapters.js";
import { sendJson } from "./http-server.js";

export class OpenAiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

export function badRequest(message: string, param: string | null = null): OpenAiError {
  return new OpenAiError(400, "BadRequestError", message, param);
}

export function openAiErrorBody(error: OpenAiError): unknown {
  const { message, type, param, status } = error;
  return { error: { message, type, param, code: status } };
}

/** For the engine's public port. Unknown routes answer as FastAPI does. */
export function renderOpenAiError(res: ServerResponse, thrown: Error, status: number): void {
  if (thrown instanceof KvproofError && thrown.code === "KVP_E_NOT_FOUND") {
    sendJson(res, status, { detail: thrown.message });
    return;
  }
  const error = asOpenAiError(thrown, status);
  sendJson(res, error.status, openAiErrorBody(error));
}

function asOpenAiError(thrown: Error, status: number): OpenAiError {
  if (thrown instanceof OpenAiError) return thrown;
  if (thrown instanceof AdapterRefused) return new OpenAiError(thrown.status, thrown.type, thrown.message);
  return new OpenAiError(status, status < 500 ? "BadRequestError" : "InternalServerError", thrown.message);
}
