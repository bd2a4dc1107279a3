/** What completions and chat have in common: the sampling and caching fields of the body and headers, checked. */
import type { IncomingMessage } from "node:http";
import type { Adapter } from "../cache/engine-types.js";
import type { Engine } from "../engine.js";
import { badRequest, OpenAiError } from "./openai-error.js";
import {
  type Body,
  isIntegerList,
  isStringList,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
} from "./request-fields.js";

export interface GenerationParams {
  /** As answers name it: the base model or an adapter. */
  readonly model: string;
  readonly adapter: Adapter | null;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly returnTokenIds: boolean;
  readonly stopTokenIds: readonly number[];
  readonly stopStrings: readonly string[];
  readonly minTokens: number;
  readonly seed: number | null;
  readonly salt: string | null;
  readonly sessionId: string | null;
  readonly reportFull: boolean;
  readonly rank: number | null;
}

/** Throws OpenAiError. Fields that change neither tokens nor caching (temperature, top_p, user, ...) are accepted unread. */
export function readGenerationParams(engine: Engine, body: Body, req: IncomingMessage): GenerationParams {
  const { model, adapter } = resolveModel(engine, optionalString(body, "model"));
  if ((optionalInteger(body, "n") ?? 1) !== 1) throw badRequest("this engine serves n=1 only", "n");
  const stream = optionalBoolean(body, "stream");
  const streamOptions = optionalObject(body, "stream_options");
  if (!stream && body.stream_options != null) {
    throw badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
  }
  const xargs = optionalObject(body, "vllm_xargs");
  return {
    model,
    adapter,
    stream,
    includeUsage: optionalBoolean(streamOptions, "include_usage"),
    continuousUsage: optionalBoolean(streamOptions, "continuous_usage_stats"),
    returnTokenIds: optionalBoolean(body, "return_token_ids"),
    stopTokenIds: stopTokenIds(body),
    stopStrings: stopStrings(body),
    minTokens: optionalInteger(body, "min_tokens") ?? 0,
    seed: optionalInteger(body, "seed"),
    salt: cacheSalt(body),
    sessionId: optionalString(body, "session_id") ?? header(req, "x-session-id") ?? optionalString(xargs, "session_id"),
    reportFull: reportMode(xargs),
    rank: dataParallelRank(engine, req),
  };
}

/** An absent model means the base model; adapters are asked for by their name. */
export function resolveModel(engine: Engine, name: string | null): { model: string; adapter: Adapter | null } {
  const base = engine.options.model;
  if (name === null || name === base) return { model: base, adapter: null };
  const adapter = engine.adapters.get(name);
  if (adapter !== undefined) return { model: name, adapter };
  const message = `The model \`${name}\` does not exist. Valid aliases: ${base}.`;
  throw new OpenAiError(404, "NotFoundError", message, "model");
}

/**
 * The output limit of a prompt of `promptTokens`: what was asked for, or the rest of the context.
 * Throws when the prompt, or prompt and output together, exceed the context.
 */
export function outputLimit(maxModelLen: number, promptTokens: number, asked: number | null): number {
  if (promptTokens > maxModelLen) {
    throw badRequest(
      `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains ${promptTokens} input tokens, ` +
        "which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. " +
        `(parameter=input_tokens, value=${promptTokens})`,
      "input_tokens",
    );
  }
  const room = maxModelLen - promptTokens;
  const limit = Math.min(asked ?? room, room);
  if (limit < 1) throw badRequest(`max_tokens must be at least 1, got ${limit}.`, "max_tokens");
  if (asked !== null && asked > room) {
    throw badRequest(
      `This model's maximum context length is ${maxModelLen} tokens. However, you requested ${asked} output tokens and your ` +
        `prompt contains ${promptTokens} input tokens, for a total of ${promptTokens + asked} tokens. Please reduce the length ` +
        `of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=${promptTokens})`,
      "input_tokens",
    );
  }
  return limit;
}

/** Throws for tokens outside the vocabulary and for an empty prompt, with vLLM's texts. */
export function promptTokens(engine: Engine, tokens: ArrayLike<number>): Uint32Array {
  if (tokens.length === 0) throw badRequest("The decoder prompt cannot be empty");
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as number;
    if (token < 0 || token >= engine.options.vocabSize) throw badRequest(`Token id ${token} is out of vocabulary`);
  }
  return tokens instanceof Uint32Array ? tokens : Uint32Array.from(tokens);
}

function stopTokenIds(body: Body): readonly number[] {
  const value = body.stop_token_ids ?? [];
  if (isIntegerList(value)) return value;
  throw badRequest("stop_token_ids: Input should be a valid list of integers", "stop_token_ids");
}

function stopStrings(body: Body): readonly string[] {
  const value = body.stop ?? [];
  if (typeof value === "string") return value === "" ? [] : [value];
  if (isStringList(value)) return value.filter((text) => text !== "");
  throw badRequest("stop: Input should be a valid string or list of strings", "stop");
}

function cacheSalt(body: Body): string | null {
  const value = body.cache_salt ?? null;
  if (value === null || (typeof value === "string" && value !== "")) return value;
  throw badRequest(
    "Parameter 'cache_salt' must be a non-empty string if provided. (parameter=cache_salt)",
    "cache_salt",
  );
}

function reportMode(xargs: Body): boolean {
  const mode = optionalString(xargs, "kv_cache_report_mode") ?? "incremental";
  if (mode === "full" || mode === "incremental") return mode === "full";
  throw badRequest(`kv_cache_report_mode must be "incremental" or "full", got "${mode}"`, "vllm_xargs");
}

function dataParallelRank(engine: Engine, req: IncomingMessage): number | null {
  const text = header(req, "x-data-parallel-rank");
  if (text === null) return null;
  const { length } = engine.loops;
  const rank = Number(text);
  if (/^\d+$/.test(text) && rank < length) return rank;
  throw badRequest(`data_parallel_rank ${text} is out of range [0, ${length}).`);
}

function header(req: IncomingMessage, name: string): string | null {
  const value = req.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
