/** All pods of a namespace as a watch tells them, and waits on what they become. Breaks of the watch are bridged by listing anew. */
import { Watch, type V1Pod } from "@kubernetes/client-node";
import { deferred, delay, sharedAbort } from "../../../base/async.js";
import { asError, type ErrorCode, KvproofError, UnavailableError } from "../../../base/errors.js";
import { describePod, problemOf } from "../pods/pod-state.js";
import type { KubeApi } from "./kube-api.js";

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
/** A watch that says nothing for so long is asked anew: the connection may be dead. */
const WATCH_SECONDS = 240;

export interface PodWait {
  /** Reads like "pod x to be ready". */
  readonly describe: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly code?: ErrorCode;
  /** Fails at once on what waiting does not mend (an image that is not there). Default true. */
  readonly heedProblems?: boolean;
}

type Look = (name: string, pod: V1Pod | undefined) => void;

export interface WatchNews {
  /** A pod changed, or is gone (undefined). */
  changed?(name: string, pod: V1Pod | undefined): void;
  /** The API server did not answer from `sinceMs` (performance.now()) on, and does again. */
  interrupted?(forMs: number, why: string): void;
}

export class PodWatch {
  readonly #api: KubeApi;
  readonly #namespace: string;
  readonly #news: WatchNews;
  readonly #pods = new Map<string, V1Pod>();
  readonly #lookers = new Set<Look>();
  readonly #stop = sharedAbort();
  readonly #listed = deferred();

  constructor(api: KubeApi, namespace: string, news: WatchNews = {}) {
    this.#api = api;
    this.#namespace = namespace;
    this.#news = news;
  }

  /** Resolves after the first list. */
  async start(): Promise<void> {
    void this.#follow();
    await this.#listed.promise;
  }

  stop(): void {
    this.#stop.abort();
    this.#listed.resolve();
  }

  get(name: string): V1Pod | undefined {
    return this.#pods.get(name);
  }

  pods(): readonly V1Pod[] {
    return [...this.#pods.values()];
  }

  /**
   * Resolves with the first value that `condition` gives for the pod as it is now or becomes. Rejects with what was awaited and
   * the pod's last state.
   */
  until<T>(
    name: string,
    condition: (pod: V1Pod | undefined) => T | null | false,
    { describe, timeoutMs, signal, code = "KVP_E_CLUSTER", heedProblems = true }: PodWait,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#lookers.delete(looker);
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: KvproofError): void => {
        end();
        reject(error);
      };
      const look = (pod: V1Pod | undefined): void => {
        const value = condition(pod);
        if (value !== null && value !== false) {
          end();
          return resolve(value);
        }
        const problem = heedProblems && pod !== undefined ? problemOf(pod) : null;
        if (problem === null) return;
        const why: ErrorCode = problem.kind === "image" ? "KVP_E_CLUSTER_IMAGE" : code;
        fail(new UnavailableError(why, `waited for ${describe}, in vain: ${problem.text}`));
      };
      const looker: Look = (changed, pod) => void (changed === name && look(pod));
      const onAbort = (): void => fail(new KvproofError("KVP_E_INTERRUPTED", `gave up waiting for ${describe}`));
      const timer = setTimeout(() => {
        const last = describePod(this.#pods.get(name));
        fail(new UnavailableError(code, `waited ${timeoutMs} ms for ${describe}; last: ${last}`));
      }, timeoutMs);
      this.#lookers.add(looker);
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      look(this.#pods.get(name));
    });
  }

  async #follow(): Promise<void> {
    let away: { since: number; why: string } | null = null;
    for (let pause = FIRST_PAUSE_MS; !this.#stop.signal.aborted; ) {
      try {
        const version = await this.#list();
        if (away !== null) this.#news.interrupted?.(performance.now() - away.since, away.why);
        away = null;
        pause = FIRST_PAUSE_MS;
        await this.#watch(version);
      } catch (thrown) {
        away ??= { since: performance.now(), why: asError(thrown).message };
        pause = Math.min(MAX_PAUSE_MS, pause * 2);
      }
      await delay(pause, this.#stop.signal);
    }
  }

  async #list(): Promise<string> {
    const { items, version } = await this.#api.pods(this.#namespace);
    const present = new Set(items.map(({ metadata }) => metadata?.name));
    for (const name of this.#pods.keys()) if (!present.has(name)) this.#changed(name, undefined);
    for (const pod of items) this.#changed(pod.metadata?.name ?? "", pod);
    this.#listed.resolve();
    return version;
  }

  /** Resolves when the server ends the watch in order, rejects when it breaks. */
  async #watch(resourceVersion: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods`;
    const ended = deferred();
    const options = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
    const controller = await new Watch(this.#api.config).watch(
      path,
      options,
      (type: string, pod: V1Pod) => {
        const name = pod.metadata?.name;
        if (type === "ERROR") return controller.abort();
        if (type === "BOOKMARK" || name === undefined) return;
        this.#changed(name, type === "DELETED" ? undefined : pod);
      },
      (error: unknown) => (error ? ended.reject(error) : ended.resolve()),
    );
    const stop = (): void => controller.abort();
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    try {
      await ended.promise;
    } finally {
      this.#stop.signal.removeEventListener("abort", stop);
    }
  }

  #changed(name: string, pod: V1Pod | undefined): void {
    if (this.#stop.signal.aborted) return;
    if (pod === undefined) this.#pods.delete(name);
    else this.#pods.set(name, pod);
    for (const look of this.#lookers) look(name, pod);
    this.#news.changed?.(name, pod);
  }
}
