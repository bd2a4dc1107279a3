/** Objects as people may see them in a run directory that is passed on. */
import type { V1Pod } from "@kubernetes/client-node";
import { plain } from "../manifests/plain.js";

const SECRET = /TOKEN|SECRET|PASSWORD|KEY$/;

export function withoutSecrets(given: V1Pod): V1Pod {
  const pod = plain(given);
  const { spec, metadata } = pod;
  if (spec === undefined) return pod;
  const containers = spec.containers.map((container) => {
    const env = container.env?.map((one) =>
      SECRET.test(one.name) && one.value !== undefined ? { ...one, value: "…" } : one,
    );
    return { ...container, ...(env === undefined ? {} : { env }) };
  });
  const { managedFields: _, ...known } = metadata ?? {};
  return { ...pod, metadata: known, spec: { ...spec, containers } };
}
