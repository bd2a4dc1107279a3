/** `kvproof gc`: what runs left in a cluster, found by its labels and taken away; chaos objects first, so that they heal what they broke. */
import { asError, KvproofError } from "../../base/errors.js";
import { endChaos } from "./chaos-mesh/end-chaos.js";
import type { KubeApi } from "./cluster/kube-api.js";
import { ANNOTATION, LABEL, MANAGED_BY } from "./labels.js";
import { deleteNamespace } from "./lab-namespace.js";

export interface GarbageSelection {
  /** Only what this run left, whether its time is over or not. */
  readonly run?: string;
  /** All that was ever left, also of runs that may be going on. */
  readonly all: boolean;
  readonly nowMs: number;
}

export interface Garbage {
  /** One line per thing that was taken away. */
  readonly removed: readonly string[];
  /** Namespaces of runs whose time is not over, and until when. */
  readonly spared: readonly string[];
  /** What could not be taken away, with the reason and the way to do it by hand. */
  readonly left: readonly string[];
}

export async function collectGarbage(api: KubeApi, { run, all, nowMs }: GarbageSelection): Promise<Garbage> {
  const selector = `${LABEL.managedBy}=${MANAGED_BY}${run === undefined ? "" : `,${LABEL.runId}=${run}`}`;
  const removed: string[] = [];
  const spared: string[] = [];
  const left: string[] = [];
  for (const { name, annotations } of await api.namespaces(selector)) {
    const until = annotations[ANNOTATION.expiresAt];
    const expired = Date.parse(until ?? "") <= nowMs;
    if (!all && run === undefined && !expired) {
      spared.push(`namespace ${name}, until ${until ?? "an unknown time"}`);
      continue;
    }
    try {
      removed.push(...(await endChaos(api, name)));
      await deleteNamespace(api, name);
      removed.push(`namespace ${name}`);
    } catch (thrown) {
      if (thrown instanceof KvproofError && thrown.code === "KVP_E_CLUSTER_DENIED") throw thrown;
      left.push(`namespace ${name}: ${asError(thrown).message}; by hand: kubectl delete namespace ${name}`);
    }
  }
  return { removed, spared, left };
}
