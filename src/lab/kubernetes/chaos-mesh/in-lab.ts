/** Chaos Mesh in the Kubernetes lab: where its pods are, how probes run in them, how their containers are killed. */
import type { V1Pod } from "@kubernetes/client-node";
import type { FaultWorld } from "../../faults/fault.js";
import type { AskedFault, FaultInjector } from "../../faults/injector.js";
import type { KubeApi } from "../cluster/kube-api.js";
import { runInPod } from "../cluster/run-in-pod.js";
import { ANNOTATION, LABEL, MANAGED_BY } from "../labels.js";
import { STATE_FOLDER } from "../manifests/lab-pod.js";
import { ChaosClient } from "./chaos-client.js";
import type { ChaosObject } from "./chaos-object.js";
import { ChaosMeshInjector } from "./injector.js";
import { killContainer } from "./killer.js";
import type { PodShell } from "./probes/probe.js";
import type { ChaosPod, Place } from "./translate/place.js";

export interface LabForChaos {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly runId: string;
  /** All pods of the namespace as they are now. */
  pods(): readonly V1Pod[];
}

export interface ChaosMeshHand {
  readonly injector: FaultInjector;
  /** Resolves when the container has been killed. */
  readonly kill: (pod: string, container: string) => Promise<void>;
  /** Each object as it was last seen, with its status; they are deleted as soon as their faults are over. */
  objects(): readonly ChaosObject[];
}

/** Roles whose container has the role's name. */
const ROLES = ["engine", "gateway"] as const;
const SHELL_MS = 10_000;

export function chaosMeshIn(lab: LabForChaos): ChaosMeshHand {
  const { api, namespace, runId } = lab;
  const seen = new Map<string, ChaosObject>();
  const client = new ChaosClient(
    api,
    namespace,
    (kind, object) => void seen.set(`${kind} ${object.metadata.name}`, object),
  );
  const labels = { [LABEL.managedBy]: MANAGED_BY, [LABEL.runId]: runId };
  let kills = 0;
  return {
    objects: () => [...seen.values()],
    injector: new ChaosMeshInjector({
      api: client,
      labels,
      shell: shellIn(api, namespace),
      place: (fault, world) => placeIn(namespace, lab.pods(), fault, world),
    }),
    kill: (pod, container) => {
      kills += 1;
      return killContainer(client, { namespace, pod, container, labels, name: `kill-${kills}` });
    },
  };
}

function shellIn({ config }: KubeApi, namespace: string): PodShell {
  return {
    node: async (pod, container, code, args) => {
      const script = 'exec node -e "$@"';
      const asked = { namespace, pod, container, script, args: [code, ...args], timeoutMs: SHELL_MS };
      return (await runInPod(config, asked)).toString("utf8");
    },
  };
}

/** Pods in the order of the fault's engines; those that are being deleted are not there any more. */
export function placeIn(
  namespace: string,
  pods: readonly V1Pod[],
  { target }: Pick<AskedFault, "target">,
  world: Pick<FaultWorld, "engines">,
): Place {
  const present = pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const ofRole = (role: string): V1Pod[] => present.filter(({ metadata }) => metadata?.labels?.[LABEL.role] === role);
  const consumers = ofRole("gateway").map((pod) => chaosPod(pod, "gateway"));
  const engines = world.engines.flatMap(({ spec }) =>
    ofRole("engine")
      .filter(({ metadata }) => metadata?.annotations?.[ANNOTATION.engine] === spec.engine)
      .map((pod) => chaosPod(pod, "engine")),
  );
  const aim: Place["aim"] = target === "gateway" || target === "host" ? target : "engines";
  const targets = { engines, gateway: consumers, host: [] }[aim];
  const all = ROLES.flatMap((role) => ofRole(role).map((pod) => chaosPod(pod, role)));
  return { namespace, aim, targets, consumers, all, choose: { mode: "all" } };
}

function chaosPod(pod: V1Pod, container: string): ChaosPod {
  const spec = pod.spec?.containers.find(({ name }) => name === container);
  const mounted = spec?.volumeMounts?.some(({ mountPath }) => mountPath === STATE_FOLDER) ?? false;
  return {
    ref: { by: "name", name: pod.metadata?.name ?? "" },
    container,
    // A gateway writes its log to the kubelet.
    volumePath: mounted && container === "engine" ? STATE_FOLDER : null,
    memoryLimitMiB: mebibytes(spec?.resources?.limits?.memory),
  };
}

const UNITS: Readonly<Record<string, number>> = { Ki: 1 / 1024, Mi: 1, Gi: 1024, "": 1 / 1024 ** 2 };

/** `768Mi` → 768; null for none, and for units that deploy/ does not use. */
function mebibytes(quantity: string | undefined): number | null {
  const [, number = "", unit = ""] = /^(\d+)(Ki|Mi|Gi|)$/.exec(quantity ?? "") ?? [];
  return number === "" ? null : Math.ceil(Number(number) * (UNITS[unit] ?? 1));
}
