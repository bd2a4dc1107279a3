/** Which Chaos Mesh a cluster has, from the image of its controller; its definitions do not say. */
import { AppsV1Api, type KubeConfig } from "@kubernetes/client-node";
import { withTimeout } from "../../../base/async.js";

const CALL_MS = 10_000;
const CONTROLLER = "app.kubernetes.io/name=chaos-mesh,app.kubernetes.io/component=controller-manager";

/** `2.8.3`; null = there is no controller, or this user may not see it. */
export async function chaosMeshVersion(config: KubeConfig): Promise<string | null> {
  try {
    const asked = config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces({ labelSelector: CONTROLLER });
    const { items } = await withTimeout(asked, CALL_MS, "the API server to list Chaos Mesh's controllers");
    const image = items[0]?.spec?.template.spec?.containers[0]?.image ?? "";
    return /:v?([^:/@]+)(?:@|$)/.exec(image)?.[1] ?? null;
  } catch {
    return null;
  }
}
