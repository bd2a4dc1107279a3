/** The pod of a double, from deploy/base/engine.yaml. */
import type { V1Pod } from "@kubernetes/client-node";
import { ANNOTATION } from "../labels.js";
import { labAdditions, podTemplate } from "./base.js";
import { type LabPod, renderLabPod } from "./lab-pod.js";

type EngineFacts = Pick<LabPod, "name" | "namespace" | "runId" | "image" | "args" | "avoidNodes"> & {
  readonly engine: string;
  readonly labToken: string;
};

export function engineManifest({ engine, labToken, ...facts }: EngineFacts): V1Pod {
  return renderLabPod(podTemplate("base/engine.yaml"), labAdditions(), {
    ...facts,
    role: "engine",
    env: [{ name: "KVPROOF_LAB_TOKEN", value: labToken }],
    annotations: { [ANNOTATION.engine]: engine },
  });
}
