/** Runs a shell script in a container of a pod, over the API server. */
import { PassThrough } from "node:stream";
import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import { deferred, delay, withTimeout } from "../../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../../base/errors.js";

export interface PodScript {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** `$1`, `$2` … are `args`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly timeoutMs?: number;
  /** How long an API server that is not there is waited for. */
  readonly awayMs?: number;
}

const TIMEOUT_MS = 20_000;
const AWAY_MS = 30_000;
const RETRY_MS = 250;
/** No API server there, or one that is only starting or stopping. */
const AWAY = /ECONNREFUSED|ECONNRESET|socket hang up|Unexpected server response: (429|5\d\d)/;
/** More than any ledger tail that a killed engine leaves unread. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Standard output. @throws UnavailableError KVP_E_CLUSTER with the script's error output when it fails. */
export async function runInPod(config: KubeConfig, asked: PodScript): Promise<Buffer> {
  const { namespace, pod, container, script, args = [], timeoutMs = TIMEOUT_MS } = asked;
  const out = collector();
  const err = collector();
  const ended = deferred<V1Status>();
  ended.promise.catch(() => undefined);
  const command = ["sh", "-c", script, "sh", ...args];
  const begin = (): ReturnType<Exec["exec"]> =>
    new Exec(config).exec(namespace, pod, container, command, out.stream, err.stream, null, false, (status) =>
      ended.resolve(status),
    );
  try {
    const socket = await whileAway(begin, asked.awayMs ?? AWAY_MS);
    socket.onclose = () => ended.reject(new Error("the connection closed before the script ended"));
    try {
      const status = await withTimeout(ended.promise, timeoutMs, `a script in ${pod} to end`);
      if (status.status === "Success") return out.bytes();
      throw new Error(`${status.message ?? status.reason}; ${err.bytes().toString("utf8").trim()}`);
    } finally {
      socket.close();
    }
  } catch (thrown) {
    if (thrown instanceof KvproofError && thrown.code !== "KVP_E_TIMEOUT") throw thrown;
    throw new UnavailableError(
      "KVP_E_CLUSTER",
      `could not run a script in pod ${pod} (${container}): ${textOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
}

/** Nothing has begun where no connection was made: that is tried again, as long as an API server may take to restart. */
async function whileAway<T>(begin: () => Promise<T>, awayMs: number): Promise<T> {
  const giveUpAt = performance.now() + awayMs;
  for (;;) {
    try {
      return await begin();
    } catch (thrown) {
      if (!AWAY.test(textOf(thrown)) || performance.now() >= giveUpAt) throw thrown;
    }
    await delay(RETRY_MS);
  }
}

/** A WebSocket rejects with an event, whose error is inside it. */
function textOf(thrown: unknown): string {
  const { error, message } = thrown as { error?: unknown; message?: unknown };
  return typeof message === "string" && message !== "" ? message : asError(error ?? thrown).message;
}

function collector(): { readonly stream: PassThrough; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}
