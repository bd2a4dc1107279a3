/** kind and k3d: how each makes, lists, fills and takes away a cluster (command lines of kind 0.20+ and k3d 5). */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { packageRoot } from "../../../base/package-root.js";

export const TOOLS = ["kind", "k3d"] as const;
export type ToolName = (typeof TOOLS)[number];

/** Of the cluster that `kvproof cluster up` makes. */
export const OWN_CLUSTER = "kvproof";

export interface ClusterTool {
  readonly name: ToolName;
  /** In the kubeconfig that it writes. */
  readonly context: string;
  /** Where to get it. */
  readonly home: string;
  /** The kubeconfig goes to this file, and nowhere else: what kubectl uses is the user's. */
  create(kubeconfig: string): string[];
  readonly list: readonly string[];
  /** Names of clusters, from what {@link list} prints. */
  namesIn(printed: string): string[];
  /** Prints the kubeconfig. */
  readonly kubeconfig: readonly string[];
  load(image: string): string[];
  delete(kubeconfig: string): string[];
}

/** Longest time that the tools themselves wait for nodes. */
const READY_S = 180;

const kind: ClusterTool = {
  name: "kind",
  context: `kind-${OWN_CLUSTER}`,
  home: "https://kind.sigs.k8s.io",
  create: (kubeconfig) => [
    "create",
    "cluster",
    "--name",
    OWN_CLUSTER,
    "--config",
    join(packageRoot, "deploy", "kind.yaml"),
    "--kubeconfig",
    kubeconfig,
    "--wait",
    `${READY_S}s`,
  ],
  list: ["get", "clusters"],
  namesIn: (printed) => printed.split("\n").map((line) => line.trim()),
  kubeconfig: ["get", "kubeconfig", "--name", OWN_CLUSTER],
  load: (image) => ["load", "docker-image", image, "--name", OWN_CLUSTER],
  delete: (kubeconfig) => ["delete", "cluster", "--name", OWN_CLUSTER, "--kubeconfig", kubeconfig],
};

const k3d: ClusterTool = {
  name: "k3d",
  context: `k3d-${OWN_CLUSTER}`,
  home: "https://k3d.io",
  create: () => [
    "cluster",
    "create",
    OWN_CLUSTER,
    "--agents",
    "2",
    "--wait",
    "--timeout",
    `${READY_S}s`,
    "--kubeconfig-update-default=false",
    "--kubeconfig-switch-context=false",
  ],
  list: ["cluster", "list", "--no-headers"],
  namesIn: (printed) => printed.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? ""),
  kubeconfig: ["kubeconfig", "get", OWN_CLUSTER],
  load: (image) => ["image", "import", image, "--cluster", OWN_CLUSTER],
  delete: () => ["cluster", "delete", OWN_CLUSTER],
};

const ALL: Readonly<Record<ToolName, ClusterTool>> = { kind, k3d };

export function toolNamed(name: ToolName): ClusterTool {
  return ALL[name];
}

/** Whether a program of this name can be started. */
export function isInstalled(program: string, path = process.env.PATH ?? ""): boolean {
  return path.split(delimiter).some((folder) => {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
