/** The namespace of one run: made with it, deleted after it unless it is to be kept, and never left without a word. */
import { randomBytes } from "node:crypto";
import { waitFor } from "../../base/async.js";
import { asError } from "../../base/errors.js";
import { INJECT_ANNOTATION } from "./chaos-mesh/blast-radius.js";
import type { KeepNamespace } from "./keep-namespace.js";
import type { KubeApi, Manifest } from "./cluster/kube-api.js";
import { ANNOTATION, LABEL, MANAGED_BY, NAMESPACE_TTL_MS } from "./labels.js";
import { kubeName } from "./manifests/names.js";

const GONE_MS = 90_000;
const LOOK_MS = 250;
const NAME_BYTES = 3;

export interface NamespaceParts {
  readonly api: KubeApi;
  readonly runId: string;
  readonly keep: KeepNamespace;
  /** Gathers evidence of a failed run while everything still stands. */
  readonly gather: (namespace: string) => Promise<void>;
  /** It is gone, or people have been told that it is not. */
  readonly onSettled: (namespace: string) => void;
}

export class LabNamespace {
  readonly name: string;
  readonly #parts: NamespaceParts;
  #gone = false;

  constructor(parts: NamespaceParts) {
    this.#parts = parts;
    this.name = kubeName(MANAGED_BY, randomBytes(NAME_BYTES).toString("hex"));
  }

  async create(): Promise<void> {
    const { api, runId } = this.#parts;
    await api.create<Manifest>({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: this.name,
        labels: { [LABEL.managedBy]: MANAGED_BY, [LABEL.runId]: runId },
        annotations: {
          // Chaos Mesh may work here, and in no namespace that is not ours.
          ...INJECT_ANNOTATION,
          [ANNOTATION.expiresAt]: new Date(Date.now() + NAMESPACE_TTL_MS).toISOString(),
        },
      },
    });
  }

  /** Idempotent; resolves with what people should know. */
  async settle(failed: boolean): Promise<readonly string[]> {
    const told = this.#gone ? [] : await this.#settle(failed);
    this.#parts.onSettled(this.name);
    return told;
  }

  async #settle(failed: boolean): Promise<readonly string[]> {
    const { keep, gather } = this.#parts;
    const told: string[] = [];
    if (failed) await gather(this.name).catch((thrown: unknown) => told.push(`evidence: ${asError(thrown).message}`));
    if (keep === "always" || (keep === "failure" && failed))
      return [...told, `namespace ${this.name} is kept; to look: kubectl -n ${this.name} get pods; ${this.#byHand}`];
    try {
      await this.delete();
      return told;
    } catch (thrown) {
      return [...told, `namespace ${this.name} may be left: ${asError(thrown).message}; ${this.#byHand}`];
    }
  }

  /** Gone when this resolves. */
  async delete(): Promise<void> {
    await deleteNamespace(this.#parts.api, this.name);
    this.#gone = true;
  }

  get #byHand(): string {
    return `to clean up: kubectl delete namespace ${this.name}`;
  }
}

/** Its pods at once, then all of it; gone when this resolves. */
export async function deleteNamespace(api: KubeApi, name: string): Promise<void> {
  await api.deletePods(name, 0);
  await api.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await waitFor(async () => !(await api.namespaceExists(name)), {
    describe: `namespace ${name} to be gone`,
    timeoutMs: GONE_MS,
    intervalMs: LOOK_MS,
    code: "KVP_E_CLUSTER",
  });
}
