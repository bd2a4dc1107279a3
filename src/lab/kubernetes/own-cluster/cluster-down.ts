/** `kvproof cluster down`: takes away the cluster that `up` made, and never another, whatever it is called. */
import { type ClusterTool, isInstalled, OWN_CLUSTER, TOOLS, toolNamed } from "./cluster-tool.js";
import { takeAway } from "./cluster-up.js";
import { isRecorded, isThere, notOurs, type Work } from "./own-cluster.js";
import type { OwnRecordFile } from "./own-record.js";

/** Resolves with what was done, for people. @throws UsageError KVP_E_CLUSTER_NOT_OURS, UnavailableError KVP_E_CLUSTER_TOOL */
export async function clusterDown(own: OwnRecordFile, work: Work): Promise<string> {
  const known = own.read();
  if (known === null) {
    const foreign = await foreignCluster(work);
    if (foreign !== null) throw notOurs(foreign);
    return "there is no cluster that `kvproof cluster up` made";
  }
  const tool = toolNamed(known.tool);
  if (!(await isThere(tool, work))) {
    own.forget();
    return `cluster ${OWN_CLUSTER} (${tool.name}) was gone already`;
  }
  if (!(await isRecorded(tool, known))) throw notOurs(tool);
  work.tell(`taking cluster ${OWN_CLUSTER} (${tool.name}) away`);
  await takeAway(tool, known.kubeconfig, work.tell);
  own.forget();
  return `cluster ${OWN_CLUSTER} (${tool.name}) is gone`;
}

async function foreignCluster(work: Work): Promise<ClusterTool | null> {
  for (const name of TOOLS) {
    const tool = toolNamed(name);
    // One that cannot be asked has nothing that we would touch.
    if (isInstalled(name) && (await isThere(tool, work).catch(() => false))) return tool;
  }
  return null;
}
