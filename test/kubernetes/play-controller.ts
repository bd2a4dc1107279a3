/** Chaos Mesh's controller played on a real API server: it sets finalizers and status as 2.8.3 does, and breaks nothing. */
import {
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from "@kubernetes/client-node";
import { delay } from "../../src/base/async.js";
import type { ChaosObject } from "../../src/lab/kubernetes/chaos-mesh/chaos-object.js";
import { FORCE, PAUSE } from "../../src/lab/kubernetes/chaos-mesh/experiment-life.js";

const FINALIZER = "chaos-mesh/records";
const LOOK_MS = 100;
const [PAUSE_KEY] = Object.keys(PAUSE) as [string];
const [FORCE_KEY] = Object.keys(FORCE) as [string];

type Seen = ChaosObject & { readonly spec: { readonly selector: { readonly pods?: Record<string, string[]> } } };

interface Stage {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly recovers: boolean;
}

export function playController(
  config: KubeConfig,
  namespace: string,
  { recovers = true }: { recovers?: boolean } = {},
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const lived = live({ config, namespace, recovers }, ending.signal);
  return {
    stop: async () => {
      ending.abort();
      await lived;
    },
  };
}

async function live(stage: Stage, signal: AbortSignal): Promise<void> {
  const { config, namespace } = stage;
  const custom = config.makeApiClient(CustomObjectsApi);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const place = { group: "chaos-mesh.org", version: "v1alpha1", namespace, plural: "networkchaos" };
  while (!signal.aborted) {
    const list = (await custom.listNamespacedCustomObject(place)) as { items: Seen[] };
    for (const object of list.items) {
      const patch = change(object, stage);
      // One that went between the list and the patch is no matter.
      if (patch !== null) await objects.patch(patch, ...NO_OPTIONS, PatchStrategy.MergePatch).catch(() => undefined);
    }
    await delay(LOOK_MS, signal);
  }
}

const NO_OPTIONS = [undefined, undefined, undefined, undefined] as const;

/** What the controller would write to the object now; null = nothing new. */
function change({ metadata, spec, status }: Seen, { namespace, recovers }: Stage): KubernetesObject | null {
  const annotations = metadata.annotations ?? {};
  const leaving = metadata.deletionTimestamp !== undefined;
  const stop = leaving || PAUSE_KEY in annotations;
  const back = stop && recovers;
  const conditions = [
    { type: "AllRecovered", status: back ? "True" : "False" },
    { type: "Paused", status: PAUSE_KEY in annotations ? "True" : "False" },
    { type: "AllInjected", status: stop ? "False" : "True" },
    { type: "Selected", status: "True" },
  ];
  const free = leaving && (back || FORCE_KEY in annotations);
  const settled = JSON.stringify(status?.conditions) === JSON.stringify(conditions);
  if (settled && !free && metadata.finalizers?.length === 1) return null;
  const containerRecords = (spec.selector.pods?.[namespace] ?? []).map((pod) => ({
    id: `${namespace}/${pod}`,
    selectorKey: ".",
    phase: back ? "Not Injected" : stop ? "Injected/*" : "Injected",
    injectedCount: 1,
    recoveredCount: back ? 1 : 0,
  }));
  const experiment = { desiredPhase: stop ? "Stop" : "Run", containerRecords };
  return {
    apiVersion: "chaos-mesh.org/v1alpha1",
    kind: "NetworkChaos",
    metadata: { name: metadata.name, namespace, finalizers: free ? [] : [FINALIZER] },
    ...({ status: { conditions, experiment, instances: {} } } as object),
  };
}
