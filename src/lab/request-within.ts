/** An HTTP request whose time includes the connection: a host that is away refuses nothing, and undici waits 10 s for it to come. */
import { type Dispatcher, request } from "undici";
import { withTimeout } from "../base/async.js";

export interface BoundedRequest {
  readonly withinMs: number;
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Rejects with KVP_E_TIMEOUT when the whole answer is not there in time. */
export async function requestWithin(
  url: string,
  { withinMs, ...options }: BoundedRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  // The signal ends a request that has a connection; one that waits for its connection does not look at it.
  const answer = request(url, { ...options, signal: AbortSignal.timeout(withinMs) }).then(
    async ({ statusCode, body }) => ({ status: statusCode, text: await body.text() }),
  );
  return withTimeout(answer, withinMs, `an answer of ${url}`);
}
