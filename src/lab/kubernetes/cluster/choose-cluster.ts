/** Which cluster is meant, and whether it may be used: a run makes and deletes things, so nothing is guessed. */
import { existsSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { asError, UnavailableError, UsageError } from "../../../base/errors.js";

export interface ClusterChoice {
  /** Default: KVPROOF_KUBECONFIG, then what kubectl would use. */
  readonly kubeconfig?: string;
  /** Default: the current context. */
  readonly context?: string;
  /** Contexts that may be used besides those that `kvproof cluster up` makes; "any" where nothing is made or deleted. */
  readonly allowed: readonly string[] | "any";
}

export interface ChosenCluster {
  readonly config: KubeConfig;
  readonly context: string;
}

/** Made by `kvproof cluster up`, for tests and nothing else. */
export const OWN_CONTEXTS: readonly string[] = ["kind-kvproof", "k3d-kvproof"];

/** @throws UnavailableError KVP_E_CLUSTER_UNREACHABLE without a configuration, UsageError KVP_E_CLUSTER_CONTEXT. */
export function chooseCluster(choice: ClusterChoice, env: NodeJS.ProcessEnv = process.env): ChosenCluster {
  const config = load(choice.kubeconfig ?? env.KVPROOF_KUBECONFIG, env);
  const contexts = config.getContexts().map(({ name }) => name);
  const context = choice.context ?? config.getCurrentContext();
  if (!contexts.includes(context)) {
    const known = contexts.join(", ") || "none";
    throw new UsageError("KVP_E_CLUSTER_CONTEXT", `there is no context "${context}"; there are: ${known}`);
  }
  if (choice.allowed !== "any" && ![...OWN_CONTEXTS, ...choice.allowed].includes(context)) {
    const server = config.getClusters().find(({ name }) => name === config.getContextObject(context)?.cluster)?.server;
    throw new UsageError(
      "KVP_E_CLUSTER_CONTEXT",
      `a run makes and deletes namespaces in context "${context}" (${server ?? "no server"}), which was not said to be meant`,
    );
  }
  config.setCurrentContext(context);
  return { config, context };
}

function load(file: string | undefined, env: NodeJS.ProcessEnv): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined && file !== "") {
    if (!existsSync(file)) throw new UnavailableError("KVP_E_CLUSTER_UNREACHABLE", `${file} does not exist`);
    return loaded(config, file, () => config.loadFromFile(file));
  }
  const where = env.KUBECONFIG ?? "~/.kube/config";
  loaded(config, where, () => config.loadFromDefault({ onInvalidEntry: "filter" }));
  // What the client makes up when it finds nothing at all.
  if (config.getCurrentContext() === "loaded-context" && config.getCurrentCluster()?.server === "http://localhost:8080")
    throw new UnavailableError("KVP_E_CLUSTER_UNREACHABLE", `no cluster is configured (looked at ${where})`);
  return config;
}

function loaded(config: KubeConfig, where: string, load_: () => void): KubeConfig {
  try {
    load_();
    return config;
  } catch (thrown) {
    throw new UnavailableError("KVP_E_CLUSTER_UNREACHABLE", `${where} cannot be read: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
}
