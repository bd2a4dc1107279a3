/** A pod of the lab: a template of deploy/base with a name, arguments and tokens of its own, and a keeper beside the process. */
import type { V1Container, V1EnvVar, V1Pod, V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
import { invariant } from "../../../base/errors.js";
import { LABEL, MANAGED_BY } from "../labels.js";
import { type Plain, plain } from "./plain.js";

export const STATE_FOLDER = "/state";
export const KEEPER = "keeper";

export interface LabPod {
  readonly name: string;
  readonly namespace: string;
  readonly runId: string;
  readonly image: string;
  readonly role: string;
  /** Arguments of kvproof, in the first life. */
  readonly args: readonly string[];
  readonly env?: readonly V1EnvVar[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Nodes that it must not run on, if there are others. */
  readonly avoidNodes?: readonly string[];
  readonly serviceAccount?: string;
}

/** The first container of the template is the process; `added` is deploy/lab/pod.yaml. */
export function renderLabPod(from: V1PodTemplateSpec, added: V1PodSpec, pod: LabPod): V1Pod {
  const template = plain(from);
  const additions = plain(added);
  const { spec } = template;
  const [process_, ...others] = spec?.containers ?? [];
  invariant(spec !== undefined && process_ !== undefined, "the template has no container");
  const keepers = additions.containers.map((one) => ({ ...one, image: pod.image, imagePullPolicy: pullPolicy(spec) }));
  const { serviceAccountName: _, ...unnamed } = spec;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: {
        ...template.metadata?.labels,
        ...pod.labels,
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.runId]: pod.runId,
        [LABEL.role]: pod.role,
      },
      annotations: { ...template.metadata?.annotations, ...pod.annotations },
    },
    spec: {
      ...unnamed,
      ...additions,
      ...(pod.serviceAccount === undefined
        ? { automountServiceAccountToken: false }
        : { serviceAccountName: pod.serviceAccount }),
      ...(pod.avoidNodes === undefined || pod.avoidNodes.length === 0 ? {} : { affinity: elsewhere(pod.avoidNodes) }),
      restartPolicy: "Always",
      containers: [held(process_, pod), ...others, ...keepers],
      volumes: [...(spec.volumes ?? []), ...(additions.volumes ?? [])],
    },
  };
}

/** The process under `kvproof pod`, which waits for the lab's word before each life but the first. */
function held(container: Plain<V1Container>, pod: LabPod): Plain<V1Container> {
  return {
    ...container,
    image: pod.image,
    args: ["pod", "--state", STATE_FOLDER, "--", ...pod.args],
    env: [...(container.env ?? []), ...(pod.env ?? [])],
    volumeMounts: [...(container.volumeMounts ?? []), { name: "state", mountPath: STATE_FOLDER }],
  };
}

function pullPolicy({ containers }: Plain<V1PodSpec>): string {
  return containers[0]?.imagePullPolicy ?? "IfNotPresent";
}

/** A wish, not a demand: on a cluster of one node it comes back to the same one, with another address all the same. */
function elsewhere(nodes: readonly string[]): V1PodSpec["affinity"] {
  const matchExpressions = [{ key: "kubernetes.io/hostname", operator: "NotIn", values: [...nodes] }];
  return {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions } }],
    },
  };
}
