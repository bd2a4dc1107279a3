/** The files of deploy/, which are the only place where the workloads are described; what differs per pod is patched in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1Deployment, V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { invariant } from "../../../base/errors.js";
import { packageRoot } from "../../../base/package-root.js";
import type { Manifest } from "../cluster/kube-api.js";

/** All documents of a file below deploy/. */
export function deployFile(name: string): Manifest[] {
  const text = readFileSync(join(packageRoot, "deploy", name), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The pod template of a Deployment in deploy/base. */
export function podTemplate(file: string): V1PodTemplateSpec {
  const deployment = deployFile(file).find(({ kind }) => kind === "Deployment") as V1Deployment | undefined;
  invariant(deployment?.spec !== undefined, `deploy/${file} has no Deployment`);
  return deployment.spec.template;
}

/** What deploy/lab/pod.yaml adds to every pod. */
export function labAdditions(): V1PodSpec {
  const [patch] = deployFile("lab/pod.yaml") as { spec?: V1PodSpec }[];
  invariant(patch?.spec !== undefined, "deploy/lab/pod.yaml has no spec");
  return patch.spec;
}
