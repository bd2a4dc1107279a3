/** Reading lab control bodies strictly: an unknown field is an error, never ignored. */
import { KvproofError } from "../../../base/errors.js";

export type LabBody = Readonly<Record<string, unknown>>;

export function labError(message: string): KvproofError {
  return new KvproofError("KVP_E_BAD_REQUEST", message);
}

/** `known` are all fields that may be there. */
export function labBody(value: unknown, known: readonly string[], where = "the body"): LabBody {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw labError(`${where} must be a JSON object`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw labError(`unknown field "${key}" in ${where}; known: ${known.join(", ")}`);
  }
  return value as LabBody;
}

export interface NumberRange {
  readonly low: number;
  readonly high: number;
  readonly integer?: boolean;
}

export function labNumber(body: LabBody, name: string, range: NumberRange, otherwise?: number): number {
  const value = body[name] ?? otherwise;
  const { low, high, integer = true } = range;
  if (typeof value === "number" && value >= low && value <= high && (!integer || Number.isInteger(value))) return value;
  throw labError(
    `${name} must be ${integer ? "an integer" : "a number"} from ${low} to ${high}, got ${JSON.stringify(value)}`,
  );
}

export function labText(body: LabBody, name: string): string | null {
  const value = body[name] ?? null;
  if (value === null || typeof value === "string") return value;
  throw labError(`${name} must be a string or null`);
}

export function labList(body: LabBody, name: string, maxLength: number): readonly unknown[] {
  const value = body[name] ?? [];
  if (Array.isArray(value) && value.length <= maxLength) return value as unknown[];
  throw labError(`${name} must be a list of at most ${maxLength} entries`);
}
