/** Namespaces of runs that were killed before they could clean up: deleted once their time is over. */
import type { KubeApi } from "./cluster/kube-api.js";
import { ANNOTATION, LABEL, MANAGED_BY } from "./labels.js";
import { deleteNamespace } from "./lab-namespace.js";

/** Deletes what has expired by `nowMs`; one line per namespace. */
export async function endExpired(api: KubeApi, nowMs = Date.now()): Promise<readonly string[]> {
  const ours = await api.namespaces(`${LABEL.managedBy}=${MANAGED_BY}`);
  const expired = ours.filter(({ annotations }) => Date.parse(annotations[ANNOTATION.expiresAt] ?? "") <= nowMs);
  for (const { name } of expired) await deleteNamespace(api, name);
  return expired.map(({ name, annotations }) => {
    return `deleted namespace ${name}, left by an earlier run, which expired at ${annotations[ANNOTATION.expiresAt]}`;
  });
}
