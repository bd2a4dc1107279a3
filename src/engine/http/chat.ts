/** POST /v1/chat/completions. Shapes: vectors/vllm-live/http-samples.jsonl. */
import { randomBytes } from "node:crypto";
import type { Engine } from "../engine.js";
import type { ChatMessage } from "../tokenizer.js";
import { type Choice, generate, usageOf } from "./generation.js";
import { type GenerationParams, outputLimit, promptTokens, readGenerationParams } from "./generation-params.js";
import { type Call, sendJson } from "./http-server.js";
import { badRequest } from "./openai-error.js";
import { type Body, bodyObject, optionalInteger, requiredString } from "./request-fields.js";
import { beginStream, endStream, sendEvent } from "./sse.js";

export async function chatCompletions(engine: Engine, fingerprint: string, call: Call): Promise<void> {
  const body = bodyObject(await call.json());
  const params = readGenerationParams(engine, body, call.req);
  const tokens = promptTokens(engine, engine.tokenizer.encodeChat(readMessages(body)));
  const asked = optionalInteger(body, "max_completion_tokens") ?? optionalInteger(body, "max_tokens");
  const prompts = [{ tokens, maxTokens: outputLimit(engine.maxModelLen, tokens.length, asked) }];
  const head = {
    id: `chatcmpl-${randomBytes(8).toString("hex")}`,
    object: params.stream ? "chat.completion.chunk" : "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model: params.model,
  };
  if (!params.stream) {
    const [choice] = await generate(engine, call, params, prompts, () => undefined);
    if (choice !== undefined && !call.res.destroyed) {
      sendJson(call.res, 200, wholeAnswer(engine, head, choice, params, fingerprint));
    }
    return;
  }
  beginStream(call.res);
  sendEvent(call.res, {
    ...head,
    choices: [{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }],
    prompt_token_ids: params.returnTokenIds ? [...tokens] : null,
    prompt_text: null,
  });
  const choices = await generate(engine, call, params, prompts, (choice) => {
    const usage = params.continuousUsage && params.includeUsage ? { usage: usageOf([choice]) } : {};
    sendEvent(call.res, { ...head, choices: [chunkChoice(choice, params)], ...usage });
  });
  if (params.includeUsage && choices[0] !== undefined) {
    const details = { cached_tokens: choices[0].cachedTokens, created_cache_tokens: createdTokens(engine, choices[0]) };
    const usage = { ...usageOf(choices), prompt_tokens_details: details };
    sendEvent(call.res, { ...head, choices: [], usage, system_fingerprint: fingerprint });
  }
  endStream(call.res);
}

/** Role and text of each message; a content may be a text or a list of text parts. Throws OpenAiError. */
export function readMessages(body: Body): ChatMessage[] {
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) throw badRequest("messages: Field required", "messages");
  return messages.map((value: unknown) => {
    const message = bodyObject(value);
    return { role: requiredString(message, "role"), content: contentText(message.content ?? "") };
  });
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw badRequest("messages: content should be a string or a list of parts", "messages");
  return content
    .map((value: unknown) => {
      const part = bodyObject(value);
      if (part.type !== "text")
        throw badRequest(`This model takes text only, not ${JSON.stringify(part.type)}`, "messages");
      return requiredString(part, "text");
    })
    .join("\n");
}

/** Tokens of the prompt's full blocks that were not in the cache before; chat alone reports them. */
function createdTokens(engine: Engine, choice: Choice): number {
  const { blockSize } = engine.options.core;
  return Math.max(0, Math.floor(choice.prompt.length / blockSize) * blockSize - choice.cachedTokens);
}

function wholeAnswer(
  engine: Engine,
  head: object,
  choice: Choice,
  params: GenerationParams,
  fingerprint: string,
): unknown {
  return {
    ...head,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: choice.text,
          refusal: null,
          annotations: null,
          audio: null,
          function_call: null,
          reasoning: null,
        },
        logprobs: null,
        finish_reason: choice.finishReason,
        stop_reason: choice.stopReason,
        token_ids: params.returnTokenIds ? choice.tokens : null,
        routed_experts: null,
      },
    ],
    service_tier: null,
    system_fingerprint: fingerprint,
    usage: {
      ...usageOf([choice]),
      prompt_tokens_details: {
        cached_tokens: choice.cachedTokens,
        created_cache_tokens: createdTokens(engine, choice),
        multimodal_tokens: null,
      },
      completion_tokens_details: null,
    },
    prompt_logprobs: null,
    prompt_token_ids: params.returnTokenIds ? [...choice.prompt] : null,
    prompt_text: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
  };
}

function chunkChoice(choice: Choice, { returnTokenIds }: GenerationParams): unknown {
  return {
    index: 0,
    delta: { content: choice.delta },
    logprobs: null,
    finish_reason: choice.finishReason,
    ...(choice.finishReason === null ? {} : { stop_reason: choice.stopReason }),
    token_ids: returnTokenIds ? choice.tokens.slice(-1) : null,
  };
}
