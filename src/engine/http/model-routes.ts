/** /v1/models and the tokenizer. */
import { createHash } from "node:crypto";
import type { Engine } from "../engine.js";
import { tokenWord } from "../tokenizer.js";
import { readMessages } from "./chat.js";
import { promptTokens, resolveModel } from "./generation-params.js";
import { type Call, type Handler, sendJson } from "./http-server.js";
import { badRequest } from "./openai-error.js";
import {
  type Body,
  bodyObject,
  isIntegerList,
  optionalBoolean,
  optionalString,
  requiredString,
} from "./request-fields.js";

export function modelRoutes(engine: Engine): [string, Handler][] {
  return [
    ["GET /v1/models", ({ res }) => sendJson(res, 200, modelList(engine))],
    ["POST /tokenize", (call) => tokenize(engine, call)],
    ["POST /detokenize", (call) => detokenize(engine, call)],
  ];
}

function modelList(engine: Engine): unknown {
  const { model } = engine.options;
  const base = modelCard(engine, model, `./${model}`, null, engine.maxModelLen);
  const adapters = engine.adapters.all().map(({ name, path }) => modelCard(engine, name, path, model, null));
  return { object: "list", data: [base, ...adapters] };
}

function modelCard(
  engine: Engine,
  id: string,
  root: string,
  parent: string | null,
  maxModelLen: number | null,
): unknown {
  const created = Math.floor(engine.startedSeconds);
  const permission = {
    id: `modelperm-${createHash("sha256").update(`${engine.options.name} ${id} ${root}`).digest("hex").slice(0, 16)}`,
    object: "model_permission",
    created,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: "*",
    group: null,
    is_blocking: false,
  };
  const owned_by = "vllm";
  return { id, object: "model", created, owned_by, root, parent, max_model_len: maxModelLen, permission: [permission] };
}

async function tokenize(engine: Engine, call: Call): Promise<void> {
  const body = bodyObject(await call.json());
  resolveModel(engine, optionalString(body, "model"));
  const tokens = [...requestedTokens(engine, body)];
  sendJson(call.res, 200, {
    count: tokens.length,
    max_model_len: engine.maxModelLen,
    tokens,
    token_strs: optionalBoolean(body, "return_token_strs") ? tokens.map(tokenWord) : null,
  });
}

function requestedTokens(engine: Engine, body: Body): Uint32Array {
  if (body.messages !== undefined) return engine.tokenizer.encodeChat(readMessages(body));
  return engine.tokenizer.encode(requiredString(body, "prompt"));
}

async function detokenize(engine: Engine, call: Call): Promise<void> {
  const body = bodyObject(await call.json());
  resolveModel(engine, optionalString(body, "model"));
  const { tokens } = body;
  if (!isIntegerList(tokens)) throw badRequest("tokens: Input should be a valid list", "tokens");
  const prompt = tokens.length === 0 ? "" : engine.tokenizer.decode(promptTokens(engine, tokens));
  sendJson(call.res, 200, { prompt });
}
