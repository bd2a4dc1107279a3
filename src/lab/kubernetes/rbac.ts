/** The least that a user needs who runs scenarios in a cluster, from the same tables that the lab checks before it begins. */
import { stringify } from "yaml";
import { CHAOS_PERMISSIONS } from "./chaos-mesh/require-chaos-mesh.js";
import type { Permission } from "./cluster/kube-api.js";
import { CLUSTER_PERMISSIONS, NAMESPACE_PERMISSIONS } from "./cluster/permissions.js";
import type { InjectorName } from "./injectors.js";
import { LABEL, MANAGED_BY } from "./labels.js";

export interface RbacOptions {
  /** Of the service account that runs scenarios. */
  readonly name: string;
  /** Where that account lives; runs have namespaces of their own. */
  readonly namespace: string;
  readonly injector: InjectorName;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** All that a run may ask of the API server. */
export function permissionsOf(injector: InjectorName): readonly Permission[] {
  return [...CLUSTER_PERMISSIONS, ...NAMESPACE_PERMISSIONS, ...(injector === "chaos-mesh" ? CHAOS_PERMISSIONS : [])];
}

/**
 * YAML for `kubectl apply -f -`. A ClusterRole, because each run makes a namespace whose name nobody knows before; what is in it
 * reaches pods, their logs and shells, and events, and no secrets.
 */
export function rbacManifests({ name, namespace, injector }: RbacOptions): string {
  const labels = { [LABEL.managedBy]: MANAGED_BY };
  const metadata = { name, labels };
  const rbac = "rbac.authorization.k8s.io";
  const objects = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata, rules: rulesOf(permissionsOf(injector)) },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
  return objects.map((object) => stringify(object)).join("---\n");
}

/** One rule for all resources of a group that need the same verbs. */
export function rulesOf(permissions: readonly Permission[]): Rule[] {
  const verbs = new Map<string, Set<string>>();
  for (const { group = "", resource, subresource, verb } of permissions) {
    const key = `${group} ${resource}${subresource === undefined ? "" : `/${subresource}`}`;
    verbs.set(key, (verbs.get(key) ?? new Set()).add(verb));
  }
  const rules = new Map<string, Rule>();
  for (const [key, wanted] of verbs) {
    const [group = "", resource = ""] = key.split(" ");
    const sorted = [...wanted].sort();
    const same = `${group} ${sorted.join()}`;
    const resources = [...(rules.get(same)?.resources ?? []), resource];
    rules.set(same, { apiGroups: [group], resources, verbs: sorted });
  }
  return [...rules.values()];
}
