/** `kvproof gc`: removes what runs left in a cluster, and says what. */
import type { Command } from "commander";
import { ExitCode } from "../../base/errors.js";

interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yesThisCluster: readonly string[];
  readonly run?: string;
  readonly all?: true;
}

export function registerGc(program: Command): void {
  program
    .command("gc")
    .description("remove what runs left in a cluster: namespaces of ours whose time is over")
    .option("--run <id>", "what this run left, whether its time is over or not")
    .option("--all", "what any run left, also runs that may be going on")
    .option("--kubeconfig <file>", "the cluster (default: KVPROOF_KUBECONFIG, then as kubectl)")
    .option("--context <name>", "context of it (default: the current one)")
    .option(
      "--yes-this-cluster <context>",
      "this context may be used; repeat for more",
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .action(gc);
}

async function gc({ kubeconfig, context, yesThisCluster, run, all }: Flags): Promise<void> {
  const { chooseCluster } = await import("../../lab/kubernetes/cluster/choose-cluster.js");
  const { KubeApi } = await import("../../lab/kubernetes/cluster/kube-api.js");
  const { collectGarbage } = await import("../../lab/kubernetes/collect-garbage.js");
  const { config } = chooseCluster({
    allowed: yesThisCluster,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const api = new KubeApi(config);
  await api.version();
  const selection = { all: all ?? false, nowMs: Date.now(), ...(run === undefined ? {} : { run }) };
  const { removed, spared, left } = await collectGarbage(api, selection);
  for (const line of removed) process.stdout.write(`removed ${line}\n`);
  for (const line of spared) process.stdout.write(`left alone ${line}\n`);
  for (const line of left) process.stderr.write(`could not remove ${line}\n`);
  if (removed.length + spared.length + left.length === 0) process.stdout.write("nothing of ours is in this cluster\n");
  process.exitCode = left.length === 0 ? ExitCode.pass : ExitCode.unavailable;
}
