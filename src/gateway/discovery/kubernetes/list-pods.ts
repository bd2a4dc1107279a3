import { CoreV1Api, type KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { withTimeout } from "../../../base/async.js";

const LIST_MS = 10_000;

/** Pods as they are now, and the version from which a watch goes on. */
export async function listPods(
  config: KubeConfig,
  namespace: string,
  labelSelector: string,
): Promise<{ readonly items: readonly V1Pod[]; readonly version: string }> {
  const call = config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector });
  const { items, metadata } = await withTimeout(call, LIST_MS, "the API server to list pods");
  return { items, version: metadata?.resourceVersion ?? "" };
}
