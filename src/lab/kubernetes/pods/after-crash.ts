/** A pod whose node crashed: once the node is back its kubelet starts the same containers again, in a new sandbox at a new address. */
import type { V1Pod } from "@kubernetes/client-node";
import { KEEPER } from "../manifests/lab-pod.js";
import type { KubeContext } from "./lab-context.js";
import { isLeaving, lifeOf, statusOf } from "./pod-state.js";

/** A node that starts, and its kubelet, which looks at its old pods first. */
const BACK_MS = 50_000;

/** How often each container of a pod has been started again. */
export type Starts = ReadonlyMap<string, number>;

export function startsOf(pod: V1Pod | undefined): Starts {
  const statuses = pod?.status?.containerStatuses ?? [];
  return new Map(statuses.map(({ name, restartCount }) => [name, restartCount]));
}

/** Resolves "back" when the process waits for its next life beside its keeper, "gone" when the cluster has given the pod up. */
export function awaitBack(
  context: KubeContext,
  pod: string,
  container: string,
  before: Starts,
): Promise<"back" | "gone"> {
  const again = (seen: V1Pod, name: string): boolean =>
    statusOf(seen, name)?.state?.running !== undefined && lifeOf(seen, name).restarts > (before.get(name) ?? -1);
  return context.watch.until(
    pod,
    (seen) => {
      if (seen === undefined || isLeaving(seen)) return "gone";
      return again(seen, container) && again(seen, KEEPER) ? "back" : null;
    },
    {
      describe: `pod ${pod} to be started again on its node`,
      timeoutMs: BACK_MS,
      signal: context.closing,
      heedProblems: false,
    },
  );
}
