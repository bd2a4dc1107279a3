/** The calls to the API server that the lab needs. Each is bounded, is repeated while the server is away, and fails by name. */
import {
  AuthorizationV1Api,
  CoreV1Api,
  type CoreV1Event,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Node,
  type V1Pod,
  VersionApi,
} from "@kubernetes/client-node";
import { delay, withTimeout } from "../../../base/async.js";
import { KvproofError } from "../../../base/errors.js";
import { clusterError, isTransient, statusOf } from "./api-error.js";

const CALL_MS = 15_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;
/** An API server that restarts is back within this; what takes longer is told. */
const AWAY_MS = 45_000;

/** A Kubernetes object of any kind. */
export type Manifest = KubernetesObject & { readonly spec?: unknown };

export interface Permission {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  /** Objects of this name alone. */
  readonly name?: string;
}

export class KubeApi {
  readonly config: KubeConfig;
  readonly #core: CoreV1Api;
  readonly #objects: KubernetesObjectApi;
  readonly #access: AuthorizationV1Api;
  readonly #awayMs: number;

  constructor(config: KubeConfig, awayMs = AWAY_MS) {
    this.config = config;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(config);
    this.#access = config.makeApiClient(AuthorizationV1Api);
    this.#awayMs = awayMs;
  }

  /** Not repeated: whether there is a cluster is asked once. Resolves with its version. */
  async version(): Promise<string> {
    const info = await this.#once("reach the API server", () => this.config.makeApiClient(VersionApi).getCode());
    return info.gitVersion;
  }

  /** Those of `wanted` that this user lacks in the namespace. */
  async lacking(wanted: readonly Permission[], namespace?: string): Promise<Permission[]> {
    const answers = await Promise.all(
      wanted.map(async (permission) => {
        const { verb, resource, subresource, group = "", name } = permission;
        const resourceAttributes = {
          verb,
          resource,
          group,
          ...(subresource === undefined ? {} : { subresource }),
          ...(name === undefined ? {} : { name }),
          ...(namespace === undefined ? {} : { namespace }),
        };
        const body = { spec: { resourceAttributes } };
        const review = await this.#once("ask for permissions", () =>
          this.#access.createSelfSubjectAccessReview({ body }),
        );
        return review.status?.allowed === true ? [] : [permission];
      }),
    );
    return answers.flat();
  }

  /** One that exists already, after a call whose answer got lost, is the one that was to be made. */
  async create<T extends Manifest>(manifest: T): Promise<T> {
    let asked = false;
    return this.#patiently(`create ${nameOf(manifest)}`, async () => {
      try {
        return await this.#objects.create(manifest);
      } catch (thrown) {
        if (asked && statusOf(thrown) === 409) return await this.#objects.read(manifest as never);
        throw thrown;
      } finally {
        asked = true;
      }
    });
  }

  /** Resolves false when it was gone already. */
  async delete(manifest: Manifest, graceSeconds?: number): Promise<boolean> {
    return this.#patiently(`delete ${nameOf(manifest)}`, async () => {
      try {
        await this.#objects.delete(manifest, undefined, undefined, graceSeconds);
        return true;
      } catch (thrown) {
        if (statusOf(thrown) === 404) return false;
        throw thrown;
      }
    });
  }

  async mergePatch(manifest: Manifest): Promise<void> {
    await this.#patiently(`change ${nameOf(manifest)}`, () =>
      this.#objects.patch(manifest, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch),
    );
  }

  /** In place: containers are not restarted for it unless their resize policy says so (Kubernetes 1.33). */
  async resizePod(namespace: string, name: string, body: object): Promise<void> {
    await this.#patiently(`resize pod ${name}`, () => this.#core.patchNamespacedPodResize({ namespace, name, body }));
  }

  async evict(namespace: string, name: string): Promise<void> {
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    await this.#patiently(`evict pod ${name}`, () => this.#core.createNamespacedPodEviction({ namespace, name, body }));
  }

  /** All pods of the namespace at once. */
  async deletePods(namespace: string, graceSeconds: number): Promise<void> {
    await this.#patiently(`delete the pods of ${namespace}`, () =>
      this.#core.deleteCollectionNamespacedPod({ namespace, gracePeriodSeconds: graceSeconds }),
    );
  }

  async pods(namespace: string, labelSelector?: string): Promise<{ items: V1Pod[]; version: string }> {
    const list = await this.#patiently(`list pods of ${namespace}`, () =>
      this.#core.listNamespacedPod({ namespace, ...(labelSelector === undefined ? {} : { labelSelector }) }),
    );
    return { items: list.items, version: list.metadata?.resourceVersion ?? "" };
  }

  async nodes(): Promise<V1Node[]> {
    return (await this.#patiently("list nodes", () => this.#core.listNode({}))).items;
  }

  async events(namespace: string): Promise<CoreV1Event[]> {
    return (await this.#patiently(`list events of ${namespace}`, () => this.#core.listNamespacedEvent({ namespace })))
      .items;
  }

  async namespaces(labelSelector: string): Promise<{ name: string; annotations: Readonly<Record<string, string>> }[]> {
    const { items } = await this.#patiently("list namespaces", () => this.#core.listNamespace({ labelSelector }));
    return items.flatMap(({ metadata }) =>
      metadata?.name === undefined ? [] : [{ name: metadata.name, annotations: metadata.annotations ?? {} }],
    );
  }

  async namespaceExists(name: string): Promise<boolean> {
    return this.#patiently(`read namespace ${name}`, async () => {
      try {
        await this.#core.readNamespace({ name });
        return true;
      } catch (thrown) {
        if (statusOf(thrown) === 404) return false;
        throw thrown;
      }
    });
  }

  /** What tells a cluster from another one of the same name: the uid of a namespace that every cluster has. */
  async namespaceUid(name: string): Promise<string | null> {
    const { metadata } = await this.#once(`read namespace ${name}`, () => this.#core.readNamespace({ name }));
    return metadata?.uid ?? null;
  }

  /** Its last `lines`; of the life before the present one with `previous`. */
  async podLog(
    namespace: string,
    name: string,
    { lines, ...of }: { readonly container: string; readonly previous: boolean; readonly lines: number },
  ): Promise<string> {
    return this.#once(`read the log of ${name}`, () =>
      this.#core.readNamespacedPodLog({ namespace, name, tailLines: lines, ...of }),
    );
  }

  /** An object without what the API server keeps for itself; null = there is none of this name. */
  async read(of: { apiVersion: string; kind: string; name: string }, namespace: string): Promise<object | null> {
    const { apiVersion, kind, name } = of;
    return this.#once(`read ${kind.toLowerCase()} ${name}`, async () => {
      try {
        const { metadata, ...rest } = await this.#objects.read({ apiVersion, kind, metadata: { name, namespace } });
        const { managedFields: _, ...known } = metadata ?? {};
        return { ...rest, metadata: known };
      } catch (thrown) {
        if (statusOf(thrown) === 404) return null;
        throw thrown;
      }
    });
  }

  async #once<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await withTimeout(call(), CALL_MS, `the API server to ${what}`);
    } catch (thrown) {
      throw clusterError(what, thrown);
    }
  }

  async #patiently<T>(what: string, call: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.#awayMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(MAX_PAUSE_MS, pause * 2)) {
      try {
        return await withTimeout(call(), CALL_MS, `the API server to ${what}`);
      } catch (thrown) {
        if (thrown instanceof KvproofError && thrown.code !== "KVP_E_TIMEOUT") throw thrown;
        if (!isTransient(thrown) || performance.now() >= giveUpAt) throw clusterError(what, thrown);
      }
      await delay(pause);
    }
  }
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${(kind ?? "object").toLowerCase()} ${metadata?.name ?? metadata?.generateName ?? ""}`;
}
