/** Body of `/query` and `/route`, checked by hand: these two are on the way of every routed request. */
import { LIMITS } from "../limits.js";
import { badRequest } from "./answers.js";
import { parseJsonWithTokens } from "./json-tokens.js";

export interface Question {
  readonly model: string;
  readonly lora: string | null;
  readonly salt: string | null;
  readonly tokens: Uint32Array;
  /** Requests in flight per engine, `/route` only. */
  readonly loads: Readonly<Record<string, number>> | null;
  /** The answer waits for this decision, `/route` only; null = it does not wait. */
  readonly until: AwaitedDecision | null;
}

export interface AwaitedDecision {
  readonly engine: string;
  readonly matchedBlocks: number;
  readonly waitMs: number;
}

const NO_TOKENS = new Uint32Array(0);
const KNOWN_KEYS: Readonly<Record<"/query" | "/route", ReadonlySet<string>>> = {
  "/query": new Set(["model", "lora", "salt", "tokens"]),
  "/route": new Set(["model", "lora", "salt", "tokens", "loads", "until"]),
};

/** @throws KvproofError KVP_E_BAD_REQUEST naming the field. */
export function readQuestion(body: Buffer, route: "/query" | "/route"): Question {
  let value: unknown;
  try {
    value = parseJsonWithTokens(body, "tokens");
  } catch (thrown) {
    throw badRequest(`${route}: the body is not JSON: ${(thrown as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(`${route}: not a JSON object`);
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    if (!KNOWN_KEYS[route].has(key)) throw badRequest(`${route}: unknown field ${JSON.stringify(key.slice(0, 64))}`);
  }
  const model = nameOrNull(fields.model, "model", route);
  if (model === null) throw badRequest(`${route}: model is missing`);
  return {
    model,
    lora: nameOrNull(fields.lora, "lora", route),
    salt: nameOrNull(fields.salt, "salt", route),
    tokens: tokensOf(fields.tokens, route),
    loads: loadsOf(fields.loads, route),
    until: awaitedOf(fields.until, route),
  };
}

function nameOrNull(value: unknown, field: string, route: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value !== "" && value.length <= LIMITS.nameLength) return value;
  throw badRequest(`${route}: ${field} must be null or a text of 1 to ${LIMITS.nameLength} characters`);
}

function tokensOf(value: unknown, route: string): Uint32Array {
  const tokens = Array.isArray(value) && value.length === 0 ? NO_TOKENS : value;
  if (!(tokens instanceof Uint32Array))
    throw badRequest(`${route}: tokens must be an array of integers from 0 to 2^32-1`);
  if (tokens.length > LIMITS.queryTokens) throw badRequest(`${route}: more than ${LIMITS.queryTokens} tokens`);
  return tokens;
}

function awaitedOf(value: unknown, route: string): AwaitedDecision | null {
  if (value === undefined || value === null) return null;
  const { engine, matched_blocks: blocks, wait_ms: waitMs } = value as Record<string, unknown>;
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;
  if (typeof engine !== "string" || !isCount(blocks) || !isCount(waitMs) || waitMs > LIMITS.decisionWaitMs) {
    throw badRequest(
      `${route}: until must be {engine, matched_blocks, wait_ms}, and wait_ms at most ${LIMITS.decisionWaitMs}`,
    );
  }
  return { engine, matchedBlocks: blocks, waitMs };
}

function loadsOf(value: unknown, route: string): Record<string, number> | null {
  if (value === undefined || value === null) return null;
  const entries = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : null;
  if (!entries || entries.length > LIMITS.engines)
    throw badRequest(`${route}: loads must be {engine: requests in flight}`);
  for (const [engine, load] of entries) {
    if (typeof load !== "number" || !Number.isFinite(load) || load < 0)
      throw badRequest(`${route}: load of ${engine} is not a number >= 0`);
  }
  // No prototype: an engine may be called "constructor".
  return Object.assign(Object.create(null), value) as Record<string, number>;
}
