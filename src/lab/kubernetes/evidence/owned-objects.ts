/** What the lab makes in a run's namespace beside pods, by name: evidence and the printed role look at these objects and at no others. */
import { deployFile } from "../manifests/base.js";
import { MODEL_MAP } from "../manifests/names.js";

export interface OwnedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The files of real engines' tiny model. */
export const MODEL_OBJECT: OwnedObject = { apiVersion: "v1", kind: "ConfigMap", name: MODEL_MAP };

/** What a gateway that discovers engines is given: an account that may see pods of its namespace. */
export function discoveryObjects(): OwnedObject[] {
  return deployFile("base/gateway-access.yaml").map(({ apiVersion = "", kind = "", metadata }) => ({
    apiVersion,
    kind,
    name: metadata?.name ?? "",
  }));
}
