/**
 * Nothing may reach beyond the run's own namespace. Chaos Mesh checks the same by the annotation `chaos-mesh.org/inject` when its
 * controller runs with `enableFilterNamespace`; ours holds whatever the controller is set to.
 */
import { InternalError } from "../../../base/errors.js";
import type { ChaosManifest, PodSelector } from "./manifest.js";

/** On a namespace that Chaos Mesh may work in (when its controller filters by it). */
export const INJECT_ANNOTATION = { "chaos-mesh.org/inject": "enabled" } as const;

/** Fields by which an experiment reaches other places: addresses outside, other clusters, whole nodes. */
const REACHING_OUT = ["externalTargets", "remoteCluster", "nodes", "nodeSelectors", "fieldSelectors"] as const;

/** @throws InternalError when a manifest names anything but pods of `namespace`. */
export function assertOwnNamespace(manifest: ChaosManifest, namespace: string): void {
  const { kind, metadata, spec } = manifest;
  const refuse = (what: string): never => {
    throw new InternalError(`${kind} ${metadata.name} reaches beyond namespace ${namespace}: ${what}`);
  };
  if (metadata.namespace !== namespace) refuse(`it lies in ${metadata.namespace}`);
  const target = (spec as { target?: { selector: PodSelector } }).target?.selector;
  for (const selector of [spec.selector, ...(target === undefined ? [] : [target])]) {
    const named = [...selector.namespaces, ...Object.keys(selector.pods ?? {})];
    const others = named.filter((name) => name !== namespace);
    if (others.length > 0) refuse(`it selects pods of ${others.join(", ")}`);
    // An empty list would mean "the object's own namespace" by a webhook that may not be there.
    if (selector.namespaces.length === 0) refuse("it selects no namespace");
    refuseFields(selector, refuse);
  }
  refuseFields(spec, refuse);
}

function refuseFields(part: object, refuse: (what: string) => never): void {
  const found = REACHING_OUT.filter((field) => field in part);
  if (found.length > 0) refuse(`it sets ${found.join(", ")}`);
}
