/** The cluster and namespace that this gateway runs in, or, outside of one, those of the kubeconfig. */
import { existsSync, readFileSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { UnavailableError } from "../../../base/errors.js";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface OwnCluster {
  readonly config: KubeConfig;
  readonly namespace: string;
}

/** @throws UnavailableError KVP_E_CLUSTER_UNREACHABLE when there is neither. */
export function ownCluster(): OwnCluster {
  const config = new KubeConfig();
  if (existsSync(`${ACCOUNT}/token`)) {
    config.loadFromCluster();
    return { config, namespace: readFileSync(`${ACCOUNT}/namespace`, "utf8").trim() };
  }
  config.loadFromDefault();
  const context = config.getContextObject(config.getCurrentContext());
  if (config.getCurrentContext() === "loaded-context")
    throw new UnavailableError(
      "KVP_E_CLUSTER_UNREACHABLE",
      "--discover kubernetes: this is no pod with a service account, and there is no kubeconfig",
    );
  return { config, namespace: context?.namespace ?? "default" };
}
