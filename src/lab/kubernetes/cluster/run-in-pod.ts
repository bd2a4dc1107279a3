/** Runs a shell script in a container of a pod, over the API server. */
import { PassThrough } from "node:stream";
import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import { deferred, withTimeout } from "../../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../../base/errors.js";

export interface PodScript {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** `$1`, `$2` … are `args`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
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
  try {
    const socket = await new Exec(config).exec(
      namespace,
      pod,
      container,
      command,
      out.stream,
      err.stream,
      null,
      false,
      (status) => ended.resolve(status),
    );
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
    const why = asError(thrown).message || String((thrown as { error?: unknown }).error ?? thrown);
    throw new UnavailableError("KVP_E_CLUSTER", `could not run a script in pod ${pod} (${container}): ${why}`, {
      cause: thrown,
    });
  }
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
