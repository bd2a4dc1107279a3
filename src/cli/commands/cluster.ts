/** `kvproof cluster up|down|status`: a cluster for runs on this machine, and whether one that exists is ready for them. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { describeError, ExitCode, KvproofError } from "../../base/errors.js";
import { DEFAULT_IMAGE } from "../../lab/kubernetes/default-image.js";
import { durationFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

/** Those of own-cluster/cluster-tool.ts, which is loaded only when one is used. */
const TOOL_NAMES = ["kind", "k3d"] as const;
const CREATE_MS = 600_000;
const IMAGE: readonly [string, string, string] = [
  "--image <name>",
  "image of kvproof",
  process.env.KVPROOF_IMAGE || DEFAULT_IMAGE,
];

interface UpFlags {
  readonly with?: (typeof TOOL_NAMES)[number];
  readonly image: string;
  readonly kubeconfig?: string;
  readonly timeout: number;
}

interface StatusFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly image: string;
  readonly json?: true;
}

export function registerCluster(program: Command): void {
  const cluster = program
    .command("cluster")
    .description("a cluster for runs on this machine, and what one that exists lacks");
  cluster
    .command("up")
    .description(
      "make a cluster of three nodes with kind or k3d, load the image, write a kubeconfig; again: bring it up to date",
    )
    .addOption(new Option("--with <tool>", "default: whichever is installed, kind first").choices(TOOL_NAMES))
    .option(...IMAGE)
    .option("--kubeconfig <file>", "where its kubeconfig goes (default: in ~/.local/state/kvproof)")
    .option("--timeout <time>", "longest time to make it", durationFlag, CREATE_MS)
    .action(up);
  cluster
    .command("down")
    .description("take away the cluster that `kvproof cluster up` made, and no other")
    .action(down);
  cluster
    .command("status")
    .description(
      "whether a cluster is ready for runs: version, nodes, permissions, Chaos Mesh, image, leftovers; changes nothing",
    )
    .option("--kubeconfig <file>", "the cluster (default: KVPROOF_KUBECONFIG, then as kubectl)")
    .option("--context <name>", "context of it (default: the current one)")
    .option(...IMAGE)
    .option("--json", "print it as JSON")
    .action(status);
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

async function up(flags: UpFlags): Promise<void> {
  const { clusterUp } = await import("../../lab/kubernetes/own-cluster/cluster-up.js");
  const { OwnRecordFile } = await import("../../lab/kubernetes/own-cluster/own-record.js");
  const interrupt = orderlyInterrupts("interrupted: taking away what was begun");
  const { image, timeout: timeoutMs, kubeconfig, with: tool } = flags;
  const asked = {
    image,
    timeoutMs,
    ...(tool === undefined ? {} : { tool }),
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(kubeconfig) }),
  };
  try {
    const made = await clusterUp(asked, new OwnRecordFile(), { signal: interrupt.signal, tell });
    const lines = [
      `cluster kvproof is up: ${made.tool}, Kubernetes ${made.version}, ${made.nodes} nodes take pods, context ${made.context}`,
      made.imageLoaded
        ? `${image} is loaded`
        : `${image} is not on this machine and was not loaded: docker build -t ${image} . && kvproof cluster up`,
      `export KVPROOF_KUBECONFIG=${made.kubeconfig}`,
      "kvproof run test/e2e --lab kubernetes --sample 0.2",
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    interrupt.end();
  }
}

async function down(): Promise<void> {
  const { clusterDown } = await import("../../lab/kubernetes/own-cluster/cluster-down.js");
  const { OwnRecordFile } = await import("../../lab/kubernetes/own-cluster/own-record.js");
  const interrupt = orderlyInterrupts("interrupted");
  try {
    process.stdout.write(`${await clusterDown(new OwnRecordFile(), { signal: interrupt.signal, tell })}\n`);
  } finally {
    interrupt.end();
  }
}

async function status({ kubeconfig, context, image, json }: StatusFlags): Promise<void> {
  const { chooseCluster } = await import("../../lab/kubernetes/cluster/choose-cluster.js");
  const { clusterStatus } = await import("../../lab/kubernetes/cluster-status.js");
  const { statusLines } = await import("../../lab/kubernetes/status-lines.js");
  try {
    const chosen = chooseCluster({
      allowed: "any",
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    const found = await clusterStatus(chosen, image);
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : `${statusLines(found).join("\n")}\n`);
    process.exitCode = found.problems.length === 0 ? ExitCode.pass : ExitCode.unavailable;
  } catch (thrown) {
    // For scripts an answer is JSON, also when it is that there is no cluster.
    if (json && thrown instanceof KvproofError)
      process.stdout.write(`${JSON.stringify({ schemaVersion: 1, problems: [describeError(thrown)] })}\n`);
    throw thrown;
  }
}
