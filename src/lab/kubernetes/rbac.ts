/** The least that a user needs who runs scenarios in a cluster, from the same tables that the lab checks before it begins. */
import { stringify } from "yaml";
import { CHAOS_PERMISSIONS } from "./chaos-mesh/require-chaos-mesh.js";
import type { Permission } from "./cluster/kube-api.js";
import {
  CLUSTER_PERMISSIONS,
  DISCOVER_PERMISSIONS,
  DISCOVER_SIGHT_PERMISSIONS,
  DRAIN_PERMISSIONS,
  NAMESPACE_PERMISSIONS,
  SIGHT_PERMISSIONS,
} from "./cluster/permissions.js";
import type { InjectorName } from "./injectors.js";
import { LABEL, MANAGED_BY } from "./labels.js";

export interface RunnerUse {
  readonly injector: InjectorName;
  /** Gateways find engines by themselves (`kvproof run --discover`). */
  readonly discover?: boolean;
  /** Scenarios drain nodes. */
  readonly drain?: boolean;
}

export interface RbacOptions extends RunnerUse {
  /** Of the service account that runs scenarios. */
  readonly name: string;
  /** Where that account lives; runs have namespaces of their own. */
  readonly namespace: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** All that a run may ask of the API server. */
export function permissionsOf({ injector, discover, drain }: RunnerUse): readonly Permission[] {
  return [
    ...CLUSTER_PERMISSIONS,
    ...SIGHT_PERMISSIONS,
    ...NAMESPACE_PERMISSIONS,
    ...(injector === "chaos-mesh" ? CHAOS_PERMISSIONS : []),
    ...(discover ? [...DISCOVER_PERMISSIONS, ...DISCOVER_SIGHT_PERMISSIONS] : []),
    ...(drain ? DRAIN_PERMISSIONS : []),
  ];
}

/**
 * YAML for `kubectl apply -f -`. A ClusterRole, because each run makes a namespace whose name nobody knows before; what is in it
 * reaches pods, their logs and shells, and events, and no secrets. A role can only hand on what it has itself: a runner that
 * lets gateways discover engines cannot give them more than a look at pods.
 */
export function rbacManifests({ name, namespace, ...use }: RbacOptions): string {
  const labels = { [LABEL.managedBy]: MANAGED_BY };
  const metadata = { name, labels };
  const rbac = "rbac.authorization.k8s.io";
  const objects = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata, rules: rulesOf(permissionsOf(use)) },
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

/** One rule for all resources of a group that need the same verbs, for objects of the same name where they are named. */
export function rulesOf(permissions: readonly Permission[]): Rule[] {
  const verbs = new Map<string, Set<string>>();
  for (const { group = "", resource, subresource, verb, name = "" } of permissions) {
    const key = `${group} ${name} ${resource}${subresource === undefined ? "" : `/${subresource}`}`;
    verbs.set(key, (verbs.get(key) ?? new Set()).add(verb));
  }
  const rules = new Map<string, Rule>();
  for (const [key, wanted] of verbs) {
    const [group = "", name = "", resource = ""] = key.split(" ");
    const sorted = [...wanted].sort();
    const same = `${group} ${name} ${sorted.join()}`;
    const resources = [...(rules.get(same)?.resources ?? []), resource];
    const only = name === "" ? {} : { resourceNames: [name] };
    rules.set(same, { apiGroups: [group], resources, ...only, verbs: sorted });
  }
  return [...rules.values()];
}
