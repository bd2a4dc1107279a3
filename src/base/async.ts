/** Waiting with a limit and a name. Nothing in kvproof waits without one. */
import { setMaxListeners } from "node:events";
import { type ErrorCode, asError, TimeoutError } from "./errors.js";

/** An abort signal on which any number of waits may hang at once (Node warns beyond ten, taking it for a leak). */
export function sharedAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Resolves after `ms`; an abort ends the delay early (it resolves, it does not reject). */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

export interface WaitOptions {
  /** What is awaited, as it should read in the error: "engine llama-8b/1 to answer /health". */
  readonly describe: string;
  readonly timeoutMs: number;
  /** Pause between two looks, default 20 ms. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** Code of the error on time-out, default KVP_E_TIMEOUT. */
  readonly code?: ErrorCode;
}

/**
 * Looks at `condition` until it returns something other than undefined/null/false, and returns that.
 * A throwing condition counts as "not yet"; the last throw or falsy value is quoted in the error.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + options.timeoutMs;
  let last = "nothing yet";
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
      last = String(value);
    } catch (thrown) {
      last = asError(thrown).message;
    }
    if (options.signal?.aborted) throw new TimeoutError("KVP_E_INTERRUPTED", `gave up waiting for ${options.describe}`);
    if (performance.now() >= deadline) {
      throw new TimeoutError(
        options.code ?? "KVP_E_TIMEOUT",
        `waited ${options.timeoutMs} ms for ${options.describe}; last: ${last}`,
      );
    }
    await delay(options.intervalMs ?? 20, options.signal);
  }
}

/** Rejects with a named time-out if `promise` has not settled within `timeoutMs`. */
export async function withTimeout<T>(promise: Promise<T>, timeoutMs: number, describe: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TimeoutError("KVP_E_TIMEOUT", `waited ${timeoutMs} ms for ${describe}`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Runs `work` over `items`, at most `limit` at once; results in the order of the items. Rejects with the first failure. */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T, i);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane));
  return results;
}
