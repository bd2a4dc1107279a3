/** What the API server or the way to it answered, as an error of ours; pure, so that its traps are tested without a cluster. */
import { asError, type ErrorCode, KvproofError, UnavailableError } from "../../../base/errors.js";

/** HTTP status of an answer; null = there was no answer. */
export function statusOf(thrown: unknown): number | null {
  const { code, statusCode } = asError(thrown) as { code?: unknown; statusCode?: unknown };
  if (typeof code === "number") return code;
  return typeof statusCode === "number" ? statusCode : null;
}

/** An API server that restarts, or that is too busy, may answer the next time. */
export function isTransient(thrown: unknown): boolean {
  const status = statusOf(thrown);
  return status === null || status === 429 || status >= 500;
}

/** An error of {@link clusterError} that says: there is no such object. */
export function isGone(thrown: unknown): boolean {
  return thrown instanceof KvproofError && thrown.details.status === 404;
}

/** `what` reads like "create pod x". */
export function clusterError(what: string, thrown: unknown): UnavailableError {
  const status = statusOf(thrown);
  const code: ErrorCode =
    status === null
      ? "KVP_E_CLUSTER_UNREACHABLE"
      : status === 401 || status === 403
        ? "KVP_E_CLUSTER_DENIED"
        : "KVP_E_CLUSTER";
  return new UnavailableError(code, `could not ${what}: ${reasonOf(thrown)}`, {
    cause: thrown,
    details: status === null ? {} : { status },
  });
}

const MAX_REASON = 400;

function reasonOf(thrown: unknown): string {
  const { body } = thrown as { body?: unknown };
  const status = typeof body === "string" ? parsed(body) : body;
  const { message } = (status ?? {}) as { message?: unknown };
  if (typeof message === "string") return message.slice(0, MAX_REASON);
  const error = asError(thrown);
  const { cause } = error as { cause?: unknown };
  const deeper = cause === undefined ? "" : `: ${asError(cause).message}`;
  return `${error.message || error.name}${deeper}`.slice(0, MAX_REASON);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
