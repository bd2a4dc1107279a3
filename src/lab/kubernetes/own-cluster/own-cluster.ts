/** The cluster named kvproof on this machine: whether it is there, whether `kvproof cluster up` made it, and what both need. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { UsageError } from "../../../base/errors.js";
import { KubeApi } from "../cluster/kube-api.js";
import { type ClusterTool, OWN_CLUSTER } from "./cluster-tool.js";
import type { OwnRecord } from "./own-record.js";
import { runTool } from "./run-tool.js";

export interface Work {
  readonly signal: AbortSignal;
  /** For people who wait: what is being done, and what the tools say. */
  readonly tell: (line: string) => void;
}

const QUICK_MS = 30_000;

export async function isThere(tool: ClusterTool, { signal }: Pick<Work, "signal">): Promise<boolean> {
  const { stdout } = await runTool({ program: tool.name, args: tool.list, timeoutMs: QUICK_MS, signal });
  return tool.namesIn(stdout).includes(OWN_CLUSTER);
}

/** Writes the kubeconfig of the cluster, for its owner's eyes only. */
export async function writeKubeconfig(
  tool: ClusterTool,
  file: string,
  { signal }: Pick<Work, "signal">,
): Promise<void> {
  const { stdout } = await runTool({ program: tool.name, args: tool.kubeconfig, timeoutMs: QUICK_MS, signal });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stdout, { mode: 0o600 });
  // One that was there before keeps its mode otherwise.
  chmodSync(file, 0o600);
}

export function apiOf(tool: ClusterTool, kubeconfig: string): KubeApi {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(tool.context);
  return new KubeApi(config, 0);
}

/** What no other cluster has, whatever its name; null = it does not answer. */
export async function uidOf(tool: ClusterTool, kubeconfig: string): Promise<string | null> {
  try {
    return await apiOf(tool, kubeconfig).namespaceUid("kube-system");
  } catch {
    return null;
  }
}

/**
 * Whether the cluster that is there is the recorded one. One that does not answer is taken for it: what is broken must be possible
 * to take away.
 */
export async function isRecorded(tool: ClusterTool, record: OwnRecord | null): Promise<boolean> {
  if (record === null || record.tool !== tool.name) return false;
  if (record.uid === null) return true;
  const uid = await uidOf(tool, record.kubeconfig);
  return uid === null || uid === record.uid;
}

export function notOurs(tool: ClusterTool): UsageError {
  const byHand = [
    tool.name,
    ...(tool.name === "kind" ? ["delete", "cluster", "--name"] : ["cluster", "delete"]),
    OWN_CLUSTER,
  ];
  return new UsageError(
    "KVP_E_CLUSTER_NOT_OURS",
    `${tool.name} has a cluster ${OWN_CLUSTER} that \`kvproof cluster up\` did not make here; by hand: ${byHand.join(" ")}`,
  );
}
