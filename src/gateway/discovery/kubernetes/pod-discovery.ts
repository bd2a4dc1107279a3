/**
 * Finds engines by watching pods: one that becomes ready is asked what it is and registered, one that restarts is forgotten and
 * registered anew, one that is being deleted is forgotten at once.
 */
import { type KubeConfig, type V1Pod, Watch } from "@kubernetes/client-node";
import { deferred, delay, sharedAbort } from "../../../base/async.js";
import { asError } from "../../../base/errors.js";
import type { Logger } from "../../../base/log.js";
import type { Registration } from "../../fleet/registration.js";
import { LIMITS } from "../../limits.js";
import { askEngine } from "../ask-engine.js";
import { listPods } from "./list-pods.js";
import { factsOf, type PodFacts } from "./pod-facts.js";

export interface PodDiscoveryParts {
  readonly config: KubeConfig;
  readonly namespace: string;
  /** Label selector of the engines. */
  readonly selector: string;
  readonly register: (registration: Registration) => void;
  readonly unregister: (engine: string, life: string) => void;
  readonly log: Logger;
}

interface Known extends PodFacts {
  /** Raised when this life is over. */
  readonly over: AbortController;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
const WATCH_SECONDS = 240;

export class PodDiscovery {
  readonly #parts: PodDiscoveryParts;
  readonly #stop = sharedAbort();
  /** By pod name, which is one pod's at a time. */
  readonly #known = new Map<string, Known>();

  constructor(parts: PodDiscoveryParts) {
    this.#parts = parts;
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
    for (const { over } of this.#known.values()) over.abort();
  }

  async #follow(): Promise<void> {
    const { log, namespace, selector } = this.#parts;
    let last = "";
    for (let pause = FIRST_PAUSE_MS; !this.#stop.signal.aborted; ) {
      try {
        await this.#watch(await this.#list());
        if (last !== "") log.info({ namespace, selector }, "the API server answers again");
        last = "";
        pause = FIRST_PAUSE_MS;
      } catch (thrown) {
        // What is known stays: an API server that is away says nothing about engines.
        const { message } = asError(thrown);
        if (message !== last && !this.#stop.signal.aborted)
          log.warn({ namespace, selector, error: message }, "pods cannot be watched; trying again");
        last = message;
        pause = Math.min(MAX_PAUSE_MS, pause * 2);
      }
      await delay(pause, this.#stop.signal);
    }
  }

  async #list(): Promise<string> {
    const { config, namespace, selector } = this.#parts;
    const { items, version } = await listPods(config, namespace, selector);
    const present = new Set(items.map(({ metadata }) => metadata?.name));
    for (const name of this.#known.keys()) if (!present.has(name)) this.#gone(name);
    for (const pod of items) this.#seen(pod);
    return version;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { config, namespace, selector } = this.#parts;
    const ended = deferred();
    const query = { resourceVersion, labelSelector: selector, timeoutSeconds: WATCH_SECONDS };
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      query,
      (type: string, pod: V1Pod) => {
        if (type === "ERROR") return ended.resolve();
        if (type === "DELETED") this.#gone(pod.metadata?.name ?? "");
        else if (type !== "BOOKMARK") this.#seen(pod);
      },
      (error: unknown) => (error ? ended.reject(error) : ended.resolve()),
    );
    const stop = (): void => controller.abort();
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    await ended.promise.finally(() => {
      this.#stop.signal.removeEventListener("abort", stop);
      controller.abort();
    });
  }

  #seen(pod: V1Pod): void {
    const facts = factsOf(pod);
    const name = pod.metadata?.name ?? "";
    if (facts === null || this.#stop.signal.aborted) return;
    const before = this.#known.get(name);
    const leaves = pod.metadata?.deletionTimestamp !== undefined;
    if (before !== undefined && (leaves || before.life !== facts.life)) this.#gone(name);
    if (leaves || facts.http === null || this.#known.has(name)) return;
    const known = { ...facts, over: sharedAbort() };
    this.#known.set(name, known);
    void this.#find(known, facts.http);
  }

  /** Until it has said what it is, or its life is over. */
  async #find({ engine, life, over }: Known, http: string): Promise<void> {
    let last = "";
    while (!over.signal.aborted) {
      try {
        const registration = await askEngine({ http, engine });
        if (!over.signal.aborted) this.#parts.register({ ...registration, uid: life });
        return;
      } catch (thrown) {
        const { message } = asError(thrown);
        if (message !== last)
          this.#parts.log.warn({ engine, http, error: message }, "pod is ready, but says not what it is");
        last = message;
      }
      await delay(LIMITS.discoveryRetryMs, over.signal);
    }
  }

  #gone(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#known.delete(name);
    known.over.abort();
    this.#parts.unregister(known.engine, known.life);
  }
}
