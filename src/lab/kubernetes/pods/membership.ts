/** Whether a gateway that discovers engines by watching pods may find one. */
import { isGone } from "../cluster/api-error.js";
import { ANNOTATION, LABEL } from "../labels.js";
import type { KubeContext } from "./lab-context.js";

/** A pod that is gone is found by nobody. */
export async function showAsMember(
  { api, namespace }: KubeContext,
  { pod, engine, shown }: { readonly pod: string; readonly engine: string; readonly shown: boolean },
): Promise<void> {
  const labels = { [LABEL.member]: shown ? "yes" : null };
  const metadata = { name: pod, namespace, labels, annotations: { [ANNOTATION.engine]: engine } };
  try {
    await api.mergePatch({ apiVersion: "v1", kind: "Pod", metadata } as never);
  } catch (thrown) {
    if (shown || !isGone(thrown)) throw thrown;
  }
}
