/** POST /v1/completions. Shapes, key order and absences: vectors/vllm-live/http-samples.jsonl. */
import { randomBytes } from "node:crypto";
import type { Engine } from "../engine.js";
import { type Choice, cachedTokensOf, generate, usageOf } from "./generation.js";
import { type GenerationParams, outputLimit, promptTokens, readGenerationParams } from "./generation-params.js";
import type { Call } from "./http-server.js";
import { sendJson } from "./http-server.js";
import { badRequest } from "./openai-error.js";
import { type Body, bodyObject, isIntegerList, isStringList, optionalInteger } from "./request-fields.js";
import { beginStream, endStream, sendEvent } from "./sse.js";

/** OpenAI's default, kept by vLLM. */
const DEFAULT_MAX_TOKENS = 16;

export async function completions(engine: Engine, fingerprint: string, call: Call): Promise<void> {
  const body = bodyObject(await call.json());
  const params = readGenerationParams(engine, body, call.req);
  const asked = optionalInteger(body, "max_tokens") ?? DEFAULT_MAX_TOKENS;
  const prompts = readPrompts(engine, body).map((tokens) => ({
    tokens,
    maxTokens: outputLimit(engine.maxModelLen, tokens.length, asked),
  }));
  const head = {
    id: `cmpl-${randomBytes(8).toString("hex")}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: params.model,
  };
  if (!params.stream) {
    const choices = await generate(engine, call, params, prompts, () => undefined);
    if (!call.res.destroyed) sendJson(call.res, 200, wholeAnswer(head, choices, params, fingerprint));
    return;
  }
  beginStream(call.res);
  const choices = await generate(engine, call, params, prompts, (choice) => {
    sendEvent(call.res, { ...head, choices: [chunkChoice(choice, params)], ...continuousUsage(choice, params) });
  });
  if (params.includeUsage) {
    const usage = { ...usageOf(choices), prompt_tokens_details: { cached_tokens: cachedTokensOf(choices) } };
    sendEvent(call.res, { ...head, choices: [], usage, system_fingerprint: fingerprint });
  }
  endStream(call.res);
}

/** string | [string] | [int] | [[int]]. */
function readPrompts(engine: Engine, body: Body): Uint32Array[] {
  const { prompt } = body;
  const { tokenizer } = engine;
  if (typeof prompt === "string") return [promptTokens(engine, tokenizer.encode(prompt))];
  if (!Array.isArray(prompt) || prompt.length === 0) throw badRequest("You must pass at least one prompt");
  if (isIntegerList(prompt)) return [promptTokens(engine, prompt)];
  if (isStringList(prompt)) return prompt.map((text) => promptTokens(engine, tokenizer.encode(text)));
  if (prompt.every(isIntegerList)) return (prompt as number[][]).map((tokens) => promptTokens(engine, tokens));
  throw badRequest(
    "prompt: Input should be a string, a list of strings, a list of tokens or a list of token lists",
    "prompt",
  );
}

function wholeAnswer(head: object, choices: readonly Choice[], params: GenerationParams, fingerprint: string): unknown {
  return {
    ...head,
    choices: choices.map((choice) => ({
      index: choice.index,
      text: choice.text,
      logprobs: null,
      finish_reason: choice.finishReason,
      stop_reason: choice.stopReason,
      token_ids: params.returnTokenIds ? choice.tokens : null,
      prompt_logprobs: null,
      prompt_token_ids: params.returnTokenIds ? [...choice.prompt] : null,
      routed_experts: null,
    })),
    service_tier: null,
    system_fingerprint: fingerprint,
    usage: {
      ...usageOf(choices),
      prompt_tokens_details: {
        cached_tokens: cachedTokensOf(choices),
        created_cache_tokens: null,
        multimodal_tokens: null,
      },
      completion_tokens_details: null,
    },
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

function chunkChoice(choice: Choice, { returnTokenIds }: GenerationParams): unknown {
  return {
    index: choice.index,
    text: choice.delta,
    logprobs: null,
    finish_reason: choice.finishReason,
    stop_reason: choice.stopReason,
    prompt_token_ids: returnTokenIds && choice.tokens.length === 1 ? [...choice.prompt] : null,
    token_ids: returnTokenIds ? choice.tokens.slice(-1) : null,
  };
}

function continuousUsage(choice: Choice, { continuousUsage, includeUsage }: GenerationParams): object {
  return continuousUsage && includeUsage ? { usage: usageOf([choice]) } : {};
}
