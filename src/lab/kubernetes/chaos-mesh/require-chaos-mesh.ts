/** Whether the cluster has Chaos Mesh, asked before anything is made in it. */
import { ApisApi, CustomObjectsApi, type KubeConfig } from "@kubernetes/client-node";
import { withTimeout } from "../../../base/async.js";
import { UnavailableError } from "../../../base/errors.js";
import { clusterError, statusOf } from "../cluster/api-error.js";
import type { Permission } from "../cluster/kube-api.js";
import { CHAOS_GROUP, CHAOS_KINDS, CHAOS_VERSION, pluralOf } from "./manifest.js";

const CALL_MS = 15_000;

/** In the namespaces of runs, beyond what the lab itself needs. */
export const CHAOS_PERMISSIONS: readonly Permission[] = CHAOS_KINDS.flatMap((kind) =>
  ["create", "delete", "get", "list", "watch", "patch"].map((verb) => ({
    verb,
    group: CHAOS_GROUP,
    resource: pluralOf(kind),
  })),
);

/** @throws UnavailableError KVP_E_CHAOS_MESH when a kind that we create is not defined in the cluster. */
export async function requireChaosMesh(config: KubeConfig): Promise<void> {
  const missing = await missingChaosKinds(config);
  if (missing.length === CHAOS_KINDS.length)
    throw new UnavailableError("KVP_E_CHAOS_MESH", "Chaos Mesh is not installed in this cluster; nothing was created");
  if (missing.length > 0)
    throw new UnavailableError(
      "KVP_E_CHAOS_MESH",
      `this cluster's Chaos Mesh has no ${missing.join(", ")}; nothing was created`,
    );
}

/** Of the kinds that we create; all of them = it is not installed. */
export async function missingChaosKinds(config: KubeConfig): Promise<readonly string[]> {
  const known = new Set(await resources(config));
  return CHAOS_KINDS.filter((kind) => !known.has(kind));
}

async function resources(config: KubeConfig): Promise<string[]> {
  const asked = { group: CHAOS_GROUP, version: CHAOS_VERSION };
  try {
    const groups = await withTimeout(
      config.makeApiClient(ApisApi).getAPIVersions(),
      CALL_MS,
      "the API server to tell its groups",
    );
    if (!groups.groups.some(({ name }) => name === CHAOS_GROUP)) return [];
    const answer = config.makeApiClient(CustomObjectsApi).getAPIResources(asked);
    const list = await withTimeout(answer, CALL_MS, "the API server to tell of chaos-mesh.org");
    return list.resources.map(({ kind }) => kind);
  } catch (thrown) {
    if (statusOf(thrown) === 404) return [];
    throw clusterError("ask for Chaos Mesh", thrown);
  }
}
