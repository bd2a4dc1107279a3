/** What routing needs to know of an OpenAI request: model, salt, and the prompt as token ids or as something to tokenise. */
import { badRequest } from "./answers.js";
import { parseJsonWithTokens } from "./json-tokens.js";

export type OpenAiSurface = "/v1/completions" | "/v1/chat/completions";

export interface RoutablePrompt {
  readonly model: string;
  /** vLLM's `cache_salt`: prompts of different salts share nothing. */
  readonly salt: string | null;
  /** Token ids, when the client sent them. */
  readonly tokens: Uint32Array | null;
  /** Body for the engine's `POST /tokenize`, when it sent text; both null = nothing to match (embeddings…). */
  readonly tokenize: string | null;
}

/** Fields that change how vLLM tokenises (TokenizeCompletionRequest and TokenizeChatRequest, entrypoints/openai). */
const TEXT_FIELDS = ["add_special_tokens"] as const;
const CHAT_FIELDS = [
  "add_generation_prompt",
  "continue_final_message",
  "add_special_tokens",
  "chat_template",
  "chat_template_kwargs",
  "mm_processor_kwargs",
  "tools",
] as const;

/**
 * Of several prompts in one request the first one decides, since one engine gets them all.
 * @throws KvproofError KVP_E_BAD_REQUEST when there is no JSON object or no model; everything else is the engine's to judge.
 */
export function readPrompt(surface: OpenAiSurface, body: Buffer): RoutablePrompt {
  const request = parseObject(body, surface);
  const { model, cache_salt } = request;
  if (typeof model !== "string" || model === "") throw badRequest("the request names no model");
  const salt = typeof cache_salt === "string" && cache_salt !== "" ? cache_salt : null;
  if (surface === "/v1/chat/completions") {
    return {
      model,
      salt,
      tokens: null,
      tokenize: tokenizeBody(request, { model, messages: request.messages }, CHAT_FIELDS),
    };
  }
  const prompt = firstPrompt(request.prompt);
  if (typeof prompt === "string") {
    return { model, salt, tokens: null, tokenize: tokenizeBody(request, { model, prompt }, TEXT_FIELDS) };
  }
  return { model, salt, tokens: prompt, tokenize: null };
}

function parseObject(body: Buffer, surface: OpenAiSurface): Record<string, unknown> {
  let value: unknown;
  try {
    value = surface === "/v1/completions" ? parseJsonWithTokens(body, "prompt") : JSON.parse(body.toString("utf8"));
  } catch (thrown) {
    throw badRequest(`the body is not JSON: ${(thrown as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("the body is not a JSON object");
  return value as Record<string, unknown>;
}

function firstPrompt(prompt: unknown): string | Uint32Array | null {
  if (typeof prompt === "string" || prompt instanceof Uint32Array) return prompt;
  const first: unknown = Array.isArray(prompt) ? prompt[0] : null;
  if (typeof first === "string") return first;
  return Array.isArray(first) && first.every((token) => Number.isInteger(token) && token >= 0)
    ? Uint32Array.from(first)
    : null;
}

function tokenizeBody(
  request: Readonly<Record<string, unknown>>,
  basis: Record<string, unknown>,
  fields: readonly string[],
): string {
  for (const field of fields) if (request[field] !== undefined) basis[field] = request[field];
  return JSON.stringify(basis);
}
