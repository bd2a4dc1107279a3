/** A pod with a real vLLM: the template of deploy/overlays/vllm-cpu with what the scenario says, and the tiny model as files. */
import type { V1ConfigMap, V1Pod, V1PodTemplateSpec } from "@kubernetes/client-node";
import { invariant } from "../../../base/errors.js";
import type { VllmSpec } from "../../ports.js";
import { LABEL, MANAGED_BY } from "../labels.js";
import { plain } from "./plain.js";
import { MODEL_MAP } from "./names.js";

export const MODEL_FOLDER = "/kvproof/model";
const MODEL_VOLUME = "model";

export interface VllmPodParts {
  readonly name: string;
  readonly namespace: string;
  readonly runId: string;
  readonly vllm: VllmSpec;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ConfigMap with the tiny model; null = the arguments name another. */
  readonly model: string | null;
}

export function renderVllmPod(template: V1PodTemplateSpec, pod: VllmPodParts): V1Pod {
  const { metadata, spec } = plain(template);
  const [container, ...others] = spec?.containers ?? [];
  invariant(spec !== undefined && container !== undefined, "the template has no container");
  const { vllm, model } = pod;
  const own = model === null ? [] : [{ name: MODEL_VOLUME, configMap: { name: model } }];
  const given = vllm.volumes.map(({ host }, i) => ({ name: `given-${i}`, hostPath: { path: host } }));
  const mounts = [
    ...(container.volumeMounts ?? []),
    ...own.map(({ name }) => ({ name, mountPath: MODEL_FOLDER, readOnly: true })),
    ...vllm.volumes.map(({ path }, i) => ({ name: `given-${i}`, mountPath: path, readOnly: true })),
  ];
  const taken = new Set(Object.keys(pod.env));
  const env = Object.entries(pod.env).map(([name, value]) => ({ name, value }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: {
        ...metadata?.labels,
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.runId]: pod.runId,
        [LABEL.role]: "engine",
      },
      annotations: { ...metadata?.annotations, ...pod.annotations },
    },
    spec: {
      ...spec,
      restartPolicy: "Always",
      containers: [
        {
          ...container,
          ...(vllm.image === undefined ? {} : { image: vllm.image }),
          ...(vllm.command === undefined ? {} : { command: [...vllm.command] }),
          args: [...pod.args],
          env: [...(container.env ?? []).filter(({ name }) => !taken.has(name)), ...env],
          volumeMounts: mounts,
        },
        ...others,
      ],
      volumes: [...(spec.volumes ?? []), ...own, ...given],
    },
  };
}

/** Read-only files of the tiny model, for all pods of a namespace. */
export function modelConfigMap(namespace: string, files: Readonly<Record<string, string>>): V1ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: MODEL_MAP, namespace }, data: { ...files } };
}
