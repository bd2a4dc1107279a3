/** What the lab asks of a cluster, and nothing more. */
import { UnavailableError } from "../../../base/errors.js";
import { GATEWAY_NAME, MODEL_MAP } from "../manifests/names.js";
import type { KubeApi, Permission } from "./kube-api.js";

/** For the cluster as a whole. */
export const CLUSTER_PERMISSIONS: readonly Permission[] = ["create", "delete", "get", "list"].map((verb) => ({
  verb,
  resource: "namespaces",
}));

/** In the namespaces that it makes. */
export const NAMESPACE_PERMISSIONS: readonly Permission[] = [
  ...["create", "delete", "deletecollection", "get", "list", "watch", "patch"].map((verb) => ({
    verb,
    resource: "pods",
  })),
  { verb: "get", resource: "pods", subresource: "log" },
  { verb: "create", resource: "pods", subresource: "exec" },
  { verb: "get", resource: "pods", subresource: "exec" },
  { verb: "create", resource: "pods", subresource: "portforward" },
  // Over WebSockets, which begin as a GET.
  { verb: "get", resource: "pods", subresource: "portforward" },
  { verb: "create", resource: "pods", subresource: "eviction" },
  { verb: "list", resource: "events" },
  // The tiny model of real engines.
  { verb: "create", resource: "configmaps" },
];

/** Beyond it: a gateway that discovers engines is given an account that may see pods of its namespace. */
export const DISCOVER_PERMISSIONS: readonly Permission[] = [
  { verb: "create", resource: "serviceaccounts" },
  ...["roles", "rolebindings"].map((resource) => ({ verb: "create", group: "rbac.authorization.k8s.io", resource })),
];

/**
 * Nodes are asked whether they have the image, and told of in evidence, as is what the lab makes beside pods: by its name, for whoever
 * may list ConfigMaps sees everybody's. Who may not look does without.
 */
export const SIGHT_PERMISSIONS: readonly Permission[] = [
  { verb: "list", resource: "nodes" },
  { verb: "get", resource: "configmaps", name: MODEL_MAP },
];

/** The same, of a gateway that discovers engines. */
export const DISCOVER_SIGHT_PERMISSIONS: readonly Permission[] = [
  { verb: "get", resource: "serviceaccounts", name: GATEWAY_NAME },
  ...["roles", "rolebindings"].map((resource) => ({
    verb: "get",
    group: "rbac.authorization.k8s.io",
    resource,
    name: GATEWAY_NAME,
  })),
];

/** Beyond it: what draining a node takes. */
export const DRAIN_PERMISSIONS: readonly Permission[] = ["get", "patch"].map((verb) => ({ verb, resource: "nodes" }));

/** @throws UnavailableError KVP_E_CLUSTER_DENIED with everything that is missing. */
export async function requirePermissions(api: KubeApi, more: readonly Permission[] = []): Promise<void> {
  const lacking = await api.lacking([...CLUSTER_PERMISSIONS, ...NAMESPACE_PERMISSIONS, ...more]);
  if (lacking.length === 0) return;
  throw new UnavailableError(
    "KVP_E_CLUSTER_DENIED",
    `this user may not: ${lacking.map(permissionName).join(", ")}; nothing was created`,
  );
}

export function permissionName({ verb, resource, subresource }: Permission): string {
  return `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`;
}
