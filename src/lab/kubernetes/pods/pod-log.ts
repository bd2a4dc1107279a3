/** Follows the log of a container, over all its lives, into a file. */
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import { delay, sharedAbort } from "../../../base/async.js";
import { streamGet } from "../cluster/stream-get.js";
import type { KubeContext } from "./lab-context.js";

const RETRY_MS = 250;

export interface FollowedLog {
  readonly pod: string;
  readonly container: string;
  readonly file: string;
}

export class PodLog {
  readonly #context: KubeContext;
  readonly #stop = sharedAbort();
  readonly #done: Promise<void>;

  constructor(context: KubeContext, followed: FollowedLog) {
    this.#context = context;
    mkdirSync(dirname(followed.file), { recursive: true });
    this.#done = this.#follow(followed);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(followed: FollowedLog): Promise<void> {
    const to = createWriteStream(followed.file, { flags: "a" });
    // A log whose disk is full must not end the runner.
    to.on("error", () => undefined);
    let since: Date | null = null;
    while (!this.#stop.signal.aborted) {
      // One that ended is followed into its next life, from where it was left; whole seconds are told twice, at most.
      since = (await this.#one(followed, to, since)) ?? since;
      await delay(RETRY_MS, this.#stop.signal);
    }
    to.end();
  }

  /** Resolves when the log ends, with the time of its last piece; null = there was none. */
  async #one({ pod, container }: FollowedLog, to: WriteStream, since: Date | null): Promise<Date | null> {
    const { api, namespace } = this.#context;
    const query = { container, follow: "true", ...(since === null ? {} : { sinceTime: since.toISOString() }) };
    let last: Date | null = null;
    try {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
      for await (const chunk of streamGet(api.config, path, query, this.#stop.signal)) {
        to.write(chunk);
        last = new Date();
      }
    } catch {
      // Not running yet, or the API server is away: it is tried again.
    }
    return last;
  }
}
