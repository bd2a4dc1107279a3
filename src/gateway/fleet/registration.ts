/** How an engine is made known: the body of `POST /register`, an entry of the static configuration, or a discovery. */
import { z } from "zod";
import { KvproofError } from "../../base/errors.js";
import { LIMITS } from "../limits.js";

const MAX_BLOCK_SIZE_TOKENS = 65_536;

const name = z.string().min(1).max(LIMITS.nameLength);
const endpoint = z
  .string()
  .max(LIMITS.nameLength)
  .refine(isTcpEndpoint, "must be tcp://host:port with a host and port that can be dialled");
export const httpUrl = z.string().max(LIMITS.nameLength).refine(isHttpUrl, "must be http://host:port");

const rank = z.strictObject({
  rank: z.number().int().min(0).max(65_535),
  events: endpoint,
  replay: endpoint.nullable().default(null),
});

export const registrationSchema = z.strictObject({
  engine: name,
  model: name,
  block_size: z.number().int().min(1).max(MAX_BLOCK_SIZE_TOKENS),
  /** For people: the reader recognises every dialect by itself. */
  dialect: z.string().max(LIMITS.nameLength).default("auto"),
  /** Topic of the engine's events; "" = any. */
  topic: z.string().max(LIMITS.nameLength).default(""),
  http: httpUrl,
  /** May be empty: an engine without events is served, by load. */
  ranks: z
    .array(rank)
    .max(LIMITS.ranksPerEngine)
    .refine((ranks) => new Set(ranks.map((entry) => entry.rank)).size === ranks.length, "ranks must differ"),
  /** Second store of a hash: another physical copy (vLLM), or the same block announced again (SGLang). */
  duplicates: z.enum(["copies", "set"]).default("copies"),
  /** Identity of this life of the engine: pod UID + restart count. */
  uid: z.string().max(LIMITS.nameLength).default(""),
});

export type Registration = z.infer<typeof registrationSchema>;
export type RankEndpoints = Registration["ranks"][number];

export const unregistrationSchema = z.strictObject({
  engine: name,
  /** When given, only this life is removed: a late farewell to an old pod leaves its successor alone. */
  uid: z.string().max(LIMITS.nameLength).optional(),
});

/** @throws KvproofError KVP_E_BAD_REQUEST naming every wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KvproofError("KVP_E_BAD_REQUEST", `${what}: ${describeIssues(parsed.error)}`);
}

export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": ")).join("; ");
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "http:" && url.username === "" && url.search === "" && url.hash === "";
}

function isTcpEndpoint(text: string): boolean {
  const match = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/*\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  return match !== null && port >= 1 && port <= 65_535;
}

/** Same life at the same place: registering it again changes nothing. */
export function sameRegistration(a: Registration, b: Registration): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

/** Every address the engine is reached at; no other engine can be there. */
export function addressesOf(registration: Registration): string[] {
  const endpoints = registration.ranks.flatMap((entry) => [entry.events, ...(entry.replay ? [entry.replay] : [])]);
  return [new URL(registration.http).host, ...endpoints.map((text) => text.slice("tcp://".length))];
}

function canonical(registration: Registration): unknown[] {
  const ranks = [...registration.ranks].sort((a, b) => a.rank - b.rank).map((r) => [r.rank, r.events, r.replay]);
  const { engine, model, block_size, topic, http, duplicates, uid } = registration;
  return [engine, model, block_size, topic, http, duplicates, uid, ranks];
}
