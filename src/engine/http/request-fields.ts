/** Reading JSON bodies field by field, with vLLM's manner of refusing. */
import { badRequest } from "./openai-error.js";

export type Body = Readonly<Record<string, unknown>>;

export function bodyObject(value: unknown): Body {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  throw badRequest("body: Input should be a valid dictionary");
}

/** null and absent are alike, as in vLLM's `X | None = None`. */
export function optionalString(body: Body, name: string): string | null {
  const value = body[name] ?? null;
  if (value === null || typeof value === "string") return value;
  throw badRequest(`${name}: Input should be a valid string`, name);
}

export function requiredString(body: Body, name: string): string {
  const value = optionalString(body, name);
  if (value === null) throw badRequest(`${name}: Field required`, name);
  return value;
}

export function optionalInteger(body: Body, name: string): number | null {
  const value = body[name] ?? null;
  if (value === null || Number.isSafeInteger(value)) return value as number | null;
  throw badRequest(`${name}: Input should be a valid integer`, name);
}

export function optionalBoolean(body: Body, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === "boolean") return value;
  throw badRequest(`${name}: Input should be a valid boolean`, name);
}

export function optionalObject(body: Body, name: string): Body {
  const value = body[name] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Body;
  throw badRequest(`${name}: Input should be a valid dictionary`, name);
}

export function isIntegerList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item));
}

export function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
