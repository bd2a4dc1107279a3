/** `kvproof cluster status`: all that a run would ask of a cluster, and what earlier ones left in it. Reads only. */
import type { V1Node } from "@kubernetes/client-node";
import { KvproofError } from "../../base/errors.js";
import { chaosMeshVersion } from "./chaos-mesh/installed-version.js";
import { CHAOS_PERMISSIONS, missingChaosKinds } from "./chaos-mesh/require-chaos-mesh.js";
import { CHAOS_KINDS } from "./chaos-mesh/manifest.js";
import type { ChosenCluster } from "./cluster/choose-cluster.js";
import { OWN_CONTEXTS } from "./cluster/choose-cluster.js";
import { KubeApi, type Permission } from "./cluster/kube-api.js";
import { imageSight, type ImageSight, isOnlyLoaded, nodesForPods } from "./cluster/node-images.js";
import {
  CLUSTER_PERMISSIONS,
  DISCOVER_PERMISSIONS,
  DRAIN_PERMISSIONS,
  NAMESPACE_PERMISSIONS,
  permissionName,
} from "./cluster/permissions.js";
import { ANNOTATION, LABEL, MANAGED_BY } from "./labels.js";

export interface NodeStatus {
  readonly name: string;
  readonly version: string;
  readonly ready: boolean;
  /** Pods without tolerations may start on it. */
  readonly takesPods: boolean;
}

export interface ClusterStatus {
  readonly schemaVersion: 1;
  readonly context: string;
  readonly server: string;
  /** Without `--yes-this-cluster`. */
  readonly mayBeUsed: boolean;
  readonly version: string;
  /** null = this user may not see them. */
  readonly nodes: readonly NodeStatus[] | null;
  readonly permissions: {
    /** Without these nothing runs. */
    readonly missing: readonly string[];
    readonly drain: boolean;
    readonly discover: boolean;
    readonly chaosMesh: boolean;
  };
  readonly chaosMesh: {
    readonly installed: boolean;
    readonly missing: readonly string[];
    readonly version: string | null;
  };
  readonly image: { readonly name: string } & ImageSight;
  /** Namespaces of runs: that go on, or that were left. null = this user may not list them. */
  readonly leftovers:
    | readonly { readonly namespace: string; readonly until: string | null; readonly expired: boolean }[]
    | null;
  /** Why a run would be refused, for people; empty = it would not. */
  readonly problems: readonly string[];
}

/** @throws UnavailableError KVP_E_CLUSTER_UNREACHABLE */
export async function clusterStatus(
  { config, context }: ChosenCluster,
  image: string,
  nowMs = Date.now(),
): Promise<ClusterStatus> {
  const api = new KubeApi(config, 0);
  const version = await api.version();
  const nodes = await allowed(api.nodes());
  const lacks = async (wanted: readonly Permission[]): Promise<string[]> =>
    (await api.lacking(wanted)).map(permissionName);
  const [missing, drain, discover, chaos] = await Promise.all(
    [
      [...CLUSTER_PERMISSIONS, ...NAMESPACE_PERMISSIONS],
      DRAIN_PERMISSIONS,
      DISCOVER_PERMISSIONS,
      CHAOS_PERMISSIONS,
    ].map(lacks),
  );
  const chaosMissing = await missingChaosKinds(config);
  const installed = chaosMissing.length < CHAOS_KINDS.length;
  const ours = await allowed(api.namespaces(`${LABEL.managedBy}=${MANAGED_BY}`));
  const found = {
    context,
    server: config.getCurrentCluster()?.server ?? "",
    version,
    nodes: nodes?.map(nodeStatus) ?? null,
    missing: missing ?? [],
    image: { name: image, ...imageSight(nodesForPods(nodes ?? []), image) },
  };
  return {
    schemaVersion: 1,
    context,
    server: found.server,
    mayBeUsed: OWN_CONTEXTS.includes(context),
    version,
    nodes: found.nodes,
    permissions: {
      missing: found.missing,
      drain: drain?.length === 0,
      discover: discover?.length === 0,
      chaosMesh: chaos?.length === 0,
    },
    chaosMesh: {
      installed,
      missing: installed ? chaosMissing : [],
      version: installed ? await chaosMeshVersion(config) : null,
    },
    image: found.image,
    leftovers:
      ours?.map(({ name, annotations }) => {
        const until = annotations[ANNOTATION.expiresAt] ?? null;
        return { namespace: name, until, expired: Date.parse(until ?? "") <= nowMs };
      }) ?? null,
    problems: problemsOf(found),
  };
}

function nodeStatus(node: V1Node): NodeStatus {
  return {
    name: node.metadata?.name ?? "",
    version: node.status?.nodeInfo?.kubeletVersion ?? "unknown",
    ready: node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    takesPods: nodesForPods([node]).length === 1,
  };
}

interface Found {
  readonly nodes: readonly NodeStatus[] | null;
  readonly missing: readonly string[];
  readonly image: { readonly name: string } & ImageSight;
}

function problemsOf({ nodes, missing, image }: Found): string[] {
  const noNode = nodes !== null && !nodes.some(({ takesPods }) => takesPods);
  const lacking = isOnlyLoaded(image.name) ? image.lacks : [];
  return [
    ...(noNode ? ["no node takes pods"] : []),
    ...(missing.length === 0
      ? []
      : [`this user may not: ${missing.join(", ")}; \`kvproof kubernetes rbac\` prints what is needed`]),
    ...(lacking.length === 0
      ? []
      : [`${image.name} is not on ${lacking.join(", ")}; load it, or name another with --image`]),
  ];
}

/** null = it is not allowed. */
async function allowed<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof KvproofError && thrown.code === "KVP_E_CLUSTER_DENIED") return null;
    throw thrown;
  }
}
