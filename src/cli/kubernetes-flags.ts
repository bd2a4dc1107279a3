/** Flags of `kvproof run` for the lab in a cluster. */
import { type Command, Option } from "commander";
import { UsageError } from "../base/errors.js";
import { DEFAULT_IMAGE } from "../lab/kubernetes/default-image.js";
import { KEEP_NAMESPACE, type KeepNamespace } from "../lab/kubernetes/keep-namespace.js";
import { REACH_MODES } from "../lab/kubernetes/cluster/reach-modes.js";
import { INJECTORS, type InjectorName } from "../lab/kubernetes/injectors.js";
import type { LabFactory } from "../lab/ports.js";

export interface KubernetesFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yesThisCluster: readonly string[];
  readonly image: string;
  readonly keepNamespace: KeepNamespace;
  readonly reach: (typeof REACH_MODES)[number];
  readonly discover?: true;
  readonly injector: InjectorName;
  readonly nodeCommand?: string;
}

export function addKubernetesFlags(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "kubernetes: the cluster (default: KVPROOF_KUBECONFIG, then as kubectl)")
    .option("--context <name>", "kubernetes: context of it (default: the current one)")
    .option(
      "--yes-this-cluster <context>",
      "kubernetes: this context may be used; repeat for more",
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option("--image <name>", "kubernetes: image of kvproof", process.env.KVPROOF_IMAGE || DEFAULT_IMAGE)
    .addOption(
      new Option("--keep-namespace <when>", "kubernetes: keep the run's namespace, to look around")
        .choices(KEEP_NAMESPACE)
        .default("never"),
    )
    .addOption(
      new Option("--reach <how>", "kubernetes: how pods are reached from here: directly, or through the API server")
        .choices(REACH_MODES)
        .default("auto"),
    )
    .option("--discover", "kubernetes: the gateway finds engines by watching pods; nobody registers any")
    .addOption(
      new Option(
        "--node-command <command>",
        "kubernetes: does to a node what node.* faults ask for, such as 'power.sh {action} {node}' ({action}: crash, up, freeze, thaw, cut, mend; {number}: the digits that the name ends with)",
      ).env("KVPROOF_NODE_COMMAND"),
    )
    .addOption(
      new Option("--injector <who>", "kubernetes: who causes faults; chaos-mesh must be installed (2.8.3)")
        .choices(INJECTORS)
        .default("built-in"),
    );
}

const OURS = ["kubeconfig", "context", "yesThisCluster", "image", "keepNamespace", "reach", "discover", "injector"];

/**
 * Nothing that was typed may be left aside in silence.
 * @throws UsageError KVP_E_USAGE for what is about a cluster and there is none, and for what pods cannot be
 */
export function checkLabFlags(command: Command, lab: string): void {
  const typed = (name: string): boolean => command.getOptionValueSource(name) === "cli";
  const longOf = (name: string): string => command.options.find((one) => one.attributeName() === name)?.long ?? name;
  if (lab !== "kubernetes") {
    const stray = OURS.find(typed);
    if (stray === undefined) return;
    throw new UsageError("KVP_E_USAGE", `${longOf(stray)} is about --lab kubernetes, and this is --lab ${lab}`);
  }
  const foreign = ["gatewayCommand", "sut"].find(typed);
  if (foreign === undefined) return;
  throw new UsageError(
    "KVP_E_USAGE",
    `${longOf(foreign)} is a system under test of this machine; --lab kubernetes runs the gateway of --image in a pod. Use --lab local for it`,
  );
}

export async function openKubernetesLab(flags: KubernetesFlags, dialects: readonly string[]): Promise<LabFactory> {
  const { nodeCommand } = flags;
  const nodes = await import("../lab/kubernetes/nodes/node-command.js");
  const { KubernetesLabFactory } = await import("../lab/kubernetes/kubernetes-lab-factory.js");
  return KubernetesLabFactory.connect({
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    allowed: flags.yesThisCluster,
    image: flags.image,
    keep: flags.keepNamespace,
    reach: flags.reach,
    discovers: flags.discover === true,
    injector: flags.injector,
    imageWait: { note: (line) => void process.stderr.write(`${line}\n`) },
    dialects,
    ...(nodeCommand === undefined ? {} : { nodeCommand: new nodes.NodeCommand(nodeCommand) }),
  });
}
