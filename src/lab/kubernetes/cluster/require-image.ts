/** Whether the pods of a run can have their image, as far as it can be known while nothing has been made. */
import { delay } from "../../../base/async.js";
import { KvproofError, UnavailableError } from "../../../base/errors.js";
import { imageSight, isOnlyLoaded, nodesForPods } from "./node-images.js";
import type { KubeApi } from "./kube-api.js";

/** A kubelet looks at its images every 30 s, and tells of them within 10 s. */
const TOLD_WITHIN_MS = 45_000;
const LOOK_MS = 1_000;

export interface ImageWait {
  readonly toldWithinMs?: number;
  readonly signal?: AbortSignal;
  /** Told once, when nodes are waited for. */
  readonly note?: (line: string) => void;
}

/**
 * An image that every node has can be used; one from a registry may be fetched; one that is only ever loaded and that a node does
 * not tell of in time is not there. Nodes that this user may not see, or that tell nothing, are left to the pods themselves.
 * @throws UnavailableError KVP_E_CLUSTER_IMAGE with the nodes that lack it
 */
export async function requireImage(api: KubeApi, image: string, wait: ImageWait = {}): Promise<void> {
  if (!isOnlyLoaded(image)) return;
  const { toldWithinMs = TOLD_WITHIN_MS, signal, note } = wait;
  const giveUpAt = performance.now() + toldWithinMs;
  for (let waiting = false; ; waiting = true) {
    const lacks = await lacking(api, image);
    if (lacks.length === 0) return;
    const nodes = lacks.length === 1 ? `node ${lacks[0]} does` : `nodes ${lacks.join(", ")} do`;
    if (signal?.aborted) throw new KvproofError("KVP_E_INTERRUPTED", `gave up waiting for nodes to have ${image}`);
    if (performance.now() >= giveUpAt)
      throw new UnavailableError(
        "KVP_E_CLUSTER_IMAGE",
        `${nodes} not have ${image}, and no registry serves it; looked for ${Math.round(toldWithinMs / 1000)} s, nothing was created`,
      );
    if (!waiting)
      note?.(`${nodes} not tell of ${image} yet; one loaded just now is told of within ${toldWithinMs / 1000} s`);
    await delay(LOOK_MS, signal);
  }
}

async function lacking(api: KubeApi, image: string): Promise<readonly string[]> {
  try {
    return imageSight(nodesForPods(await api.nodes()), image).lacks;
  } catch (thrown) {
    if (thrown instanceof KvproofError && thrown.code === "KVP_E_CLUSTER_DENIED") return [];
    throw thrown;
  }
}
