/** Kills a container by Chaos Mesh, for a lab that ends processes by itself: a PodChaos that is done once, then taken away. */
import { waitFor } from "../../../base/async.js";
import type { ChaosApi } from "./chaos-api.js";
import { ExperimentLife, LIFE_LIMITS } from "./experiment-life.js";
import { manifestOf } from "./manifest.js";

const INJECTED_MS = 15_000;
const LOOK_MS = 20;

export interface ContainerKill {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unique in the namespace. */
  readonly name: string;
}

/** Resolves when Chaos Mesh has killed it and nothing of the experiment is left. @throws UnavailableError KVP_E_CHAOS_MESH */
export async function killContainer(api: ChaosApi, kill: ContainerKill, limits = LIFE_LIMITS): Promise<void> {
  const { namespace, pod, container, labels, name } = kill;
  const spec = {
    action: "container-kill",
    mode: "all",
    selector: { namespaces: [namespace], pods: { [namespace]: [pod] } },
    containerNames: [container],
  } as const;
  const manifest = manifestOf({ kind: "PodChaos", oneShot: true, spec }, { name, namespace, labels }, null);
  const life = new ExperimentLife(api, manifest, true, limits);
  await life.begin(new AbortController().signal);
  try {
    await waitFor(() => life.injected(), {
      describe: `Chaos Mesh to kill container ${container} of ${pod} (${life.trouble})`,
      timeoutMs: INJECTED_MS,
      intervalMs: LOOK_MS,
      code: "KVP_E_CHAOS_MESH",
    });
  } finally {
    await life.end();
  }
}
