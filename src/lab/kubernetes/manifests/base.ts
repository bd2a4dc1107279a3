/** The files of deploy/, which are the only place where the workloads are described; what differs per pod is patched in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1Deployment, V1PodSpec, V1PodTemplate, V1PodTemplateSpec } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { InternalError, invariant } from "../../../base/errors.js";
import { packageRoot } from "../../../base/package-root.js";
import type { Manifest } from "../cluster/kube-api.js";

/** All documents of a file below deploy/. */
export function deployFile(name: string): Manifest[] {
  const text = readFileSync(join(packageRoot, "deploy", name), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The pod template of a Deployment or PodTemplate in deploy/. */
export function podTemplate(file: string): V1PodTemplateSpec {
  const objects = deployFile(file) as (V1Deployment | V1PodTemplate)[];
  for (const one of objects) {
    const template =
      "template" in one ? one.template : one.kind === "Deployment" && "spec" in one && one.spec?.template;
    if (template) return template;
  }
  throw new InternalError(`deploy/${file} has no pod template`);
}

/** What deploy/lab/pod.yaml adds to every pod. */
export function labAdditions(): V1PodSpec {
  const [patch] = deployFile("lab/pod.yaml") as { spec?: V1PodSpec }[];
  invariant(patch?.spec !== undefined, "deploy/lab/pod.yaml has no spec");
  return patch.spec;
}
