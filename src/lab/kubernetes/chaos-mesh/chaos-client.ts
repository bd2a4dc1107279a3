/** {@link ChaosApi} over a real API server. Breaks of a watch are bridged by reading anew. */
import { CustomObjectsApi, Watch } from "@kubernetes/client-node";
import { deferred, delay, sharedAbort, withTimeout } from "../../../base/async.js";
import { KvproofError, UnavailableError } from "../../../base/errors.js";
import { clusterError, statusOf } from "../cluster/api-error.js";
import type { KubeApi, Manifest } from "../cluster/kube-api.js";
import type { ChaosApi } from "./chaos-api.js";
import type { ChaosObject } from "./chaos-object.js";
import {
  CHAOS_API_VERSION,
  CHAOS_GROUP,
  CHAOS_VERSION,
  type ChaosKind,
  type ChaosManifest,
  pluralOf,
} from "./manifest.js";

const CALL_MS = 15_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
const WATCH_SECONDS = 240;

type Read = ChaosObject & { readonly metadata: { readonly resourceVersion?: string } };

export class ChaosClient implements ChaosApi {
  readonly #api: KubeApi;
  readonly #namespace: string;
  readonly #custom: CustomObjectsApi;
  readonly #seen: (kind: ChaosKind, object: ChaosObject) => void;

  /** @param seen gets every state of every object that is watched, as evidence for later. */
  constructor(api: KubeApi, namespace: string, seen: (kind: ChaosKind, object: ChaosObject) => void = () => undefined) {
    this.#api = api;
    this.#seen = seen;
    this.#namespace = namespace;
    this.#custom = api.config.makeApiClient(CustomObjectsApi);
  }

  async create(manifest: ChaosManifest): Promise<void> {
    try {
      await this.#api.create(manifest as unknown as Manifest);
    } catch (thrown) {
      if (!(thrown instanceof KvproofError) || thrown.code !== "KVP_E_CLUSTER") throw thrown;
      throw new UnavailableError("KVP_E_CHAOS_MESH", thrown.message, { cause: thrown });
    }
  }

  async annotate(kind: ChaosKind, name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#api.mergePatch(this.#object(kind, name, { annotations: { ...annotations } }));
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
    }
  }

  async remove(kind: ChaosKind, name: string): Promise<void> {
    await this.#api.delete(this.#object(kind, name));
  }

  watch(kind: ChaosKind, name: string, onState: (object: ChaosObject | null) => void): { end(): void } {
    const stop = sharedAbort();
    const tell = (state: ChaosObject | null): void => {
      if (state !== null) this.#seen(kind, state);
      onState(state);
    };
    void this.#follow(kind, name, tell, stop.signal);
    return { end: () => stop.abort() };
  }

  async events(kind: ChaosKind, name: string): Promise<readonly string[]> {
    const events = await this.#api.events(this.#namespace);
    return events
      .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  async #follow(
    kind: ChaosKind,
    name: string,
    tell: (object: ChaosObject | null) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; ) {
      try {
        const object = await this.#read(kind, name);
        if (!signal.aborted) tell(object);
        pause = FIRST_PAUSE_MS;
        await this.#watchFrom(kind, name, object?.metadata.resourceVersion ?? "", tell, signal);
      } catch {
        // What is not heard of in time is told by whoever waits; the connection is tried again until then.
        pause = Math.min(MAX_PAUSE_MS, pause * 2);
      }
      await delay(pause, signal);
    }
  }

  async #read(kind: ChaosKind, name: string): Promise<Read | null> {
    const place = { group: CHAOS_GROUP, version: CHAOS_VERSION, namespace: this.#namespace, plural: pluralOf(kind) };
    try {
      const reading = this.#custom.getNamespacedCustomObject({ ...place, name });
      return (await withTimeout(reading, CALL_MS, `the API server to read ${kind} ${name}`)) as Read;
    } catch (thrown) {
      if (statusOf(thrown) === 404) return null;
      throw clusterError(`read ${kind} ${name}`, thrown);
    }
  }

  /** Resolves when the server ends the watch in order, rejects when it breaks. */
  async #watchFrom(
    kind: ChaosKind,
    name: string,
    resourceVersion: string,
    tell: (object: ChaosObject | null) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/apis/${CHAOS_API_VERSION}/namespaces/${this.#namespace}/${pluralOf(kind)}`;
    const options = { resourceVersion, fieldSelector: `metadata.name=${name}`, timeoutSeconds: WATCH_SECONDS };
    const ended = deferred();
    const controller = await new Watch(this.#api.config).watch(
      path,
      options,
      (type: string, object: ChaosObject) => {
        if (type === "ERROR") controller.abort();
        else if (type !== "BOOKMARK" && !signal.aborted) tell(type === "DELETED" ? null : object);
      },
      (error: unknown) => (error ? ended.reject(error) : ended.resolve()),
    );
    const stop = (): void => controller.abort();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await ended.promise;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #object(kind: ChaosKind, name: string, metadata: object = {}): Manifest {
    return { apiVersion: CHAOS_API_VERSION, kind, metadata: { name, namespace: this.#namespace, ...metadata } };
  }
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof KvproofError && thrown.details.status === 404;
}
