/** What must be typed to open the same lab in the same cluster again. Pure. */
import type { KubernetesOptions } from "./kubernetes-lab-factory.js";
import { DEFAULT_IMAGE } from "./default-image.js";

type Typed = Pick<
  KubernetesOptions,
  "kubeconfig" | "context" | "image" | "reach" | "discovers" | "injector" | "nodeCommand"
>;

/** Words, not quoted. A configuration that the environment names is named, for the line may be used elsewhere. */
export function repeatOptions(typed: Typed, context: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const kubeconfig = typed.kubeconfig ?? env.KVPROOF_KUBECONFIG ?? "";
  return [
    ...(kubeconfig === "" ? [] : ["--kubeconfig", kubeconfig]),
    ...(typed.context === undefined ? [] : ["--context", typed.context]),
    "--yes-this-cluster",
    context,
    ...(typed.image === DEFAULT_IMAGE ? [] : ["--image", typed.image]),
    ...(typed.reach === "auto" ? [] : ["--reach", typed.reach]),
    ...(typed.discovers ? ["--discover"] : []),
    ...(typed.injector === undefined || typed.injector === "built-in" ? [] : ["--injector", typed.injector]),
    ...(typed.nodeCommand === undefined ? [] : ["--node-command", typed.nodeCommand.template]),
  ];
}
