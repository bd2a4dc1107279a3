/** `kvproof cluster up`: a cluster of three nodes by kind or k3d, with the image loaded, for runs and nothing else. Again: brings it up to date. */
import { existsSync, rmSync } from "node:fs";
import { waitFor } from "../../../base/async.js";
import { asError, UnavailableError, UsageError } from "../../../base/errors.js";
import type { KubeApi } from "../cluster/kube-api.js";
import { nodesForPods } from "../cluster/node-images.js";
import { requireImage } from "../cluster/require-image.js";
import { type ClusterTool, isInstalled, OWN_CLUSTER, type ToolName, TOOLS, toolNamed } from "./cluster-tool.js";
import { apiOf, isRecorded, isThere, notOurs, uidOf, type Work, writeKubeconfig } from "./own-cluster.js";
import type { OwnRecordFile } from "./own-record.js";
import { runTool } from "./run-tool.js";

export interface UpOptions {
  readonly tool?: ToolName;
  readonly image: string;
  /** Default: beside the record. */
  readonly kubeconfig?: string;
  readonly timeoutMs: number;
}

export interface OwnCluster {
  readonly tool: ToolName;
  readonly context: string;
  readonly kubeconfig: string;
  readonly version: string;
  /** Nodes that take pods. */
  readonly nodes: number;
  /** false: the image is not on this machine. */
  readonly imageLoaded: boolean;
  readonly made: boolean;
}

const QUICK_MS = 30_000;
const LOAD_MS = 300_000;
const DELETE_MS = 120_000;
const NODES_MS = 120_000;
const LOOK_MS = 500;
const WANTED_NODES = 2;

/** @throws UnavailableError KVP_E_CLUSTER_TOOL, UsageError KVP_E_CLUSTER_NOT_OURS; what was half made is taken away again. */
export async function clusterUp(options: UpOptions, own: OwnRecordFile, work: Work): Promise<OwnCluster> {
  const tool = chooseTool(options.tool);
  const known = own.read();
  const there = await isThere(tool, work);
  if (there && !(await isRecorded(tool, known))) throw notOurs(tool);
  const kubeconfig = options.kubeconfig ?? (there ? known?.kubeconfig : undefined) ?? own.kubeconfig;
  mayOverwrite(kubeconfig, [own.kubeconfig, known?.kubeconfig]);
  if (!there) await make(tool, { kubeconfig, timeoutMs: options.timeoutMs }, own, work);
  await writeKubeconfig(tool, kubeconfig, work);
  const api = apiOf(tool, kubeconfig);
  const nodes = await readyNodes(api, work);
  own.write({
    tool: tool.name,
    kubeconfig,
    madeAt: (there ? known?.madeAt : undefined) ?? new Date().toISOString(),
    uid: await uidOf(tool, kubeconfig),
  });
  const imageLoaded = await load(tool, options.image, api, work);
  const version = await api.version();
  return { tool: tool.name, context: tool.context, kubeconfig, version, nodes, imageLoaded, made: !there };
}

/** What kubectl uses is not ours to write over, nor to delete later. */
function mayOverwrite(file: string, ours: readonly (string | undefined)[]): void {
  if (ours.includes(file) || !existsSync(file)) return;
  throw new UsageError("KVP_E_USAGE", `${file} exists; name a file for the kubeconfig that does not`);
}

function chooseTool(wanted: ToolName | undefined): ClusterTool {
  const name = wanted ?? TOOLS.find((one) => isInstalled(one));
  if (name !== undefined && isInstalled(name)) return toolNamed(name);
  const lacking = wanted === undefined ? "neither kind nor k3d is installed" : `${wanted} is not installed`;
  const homes = TOOLS.map((one) => toolNamed(one).home).join(" or ");
  throw new UnavailableError("KVP_E_CLUSTER_TOOL", `${lacking} (${homes}); nothing was created`);
}

async function make(
  tool: ClusterTool,
  { kubeconfig, timeoutMs }: { readonly kubeconfig: string; readonly timeoutMs: number },
  own: OwnRecordFile,
  { signal, tell }: Work,
): Promise<void> {
  tell(`making cluster ${OWN_CLUSTER} with ${tool.name}: 1 to 3 minutes, more when images must be fetched first`);
  // Before the first node: a crash of ours must leave something that `down` knows.
  own.write({ tool: tool.name, kubeconfig, madeAt: new Date().toISOString(), uid: null });
  try {
    const args = tool.create(kubeconfig);
    await runTool({ program: tool.name, args, timeoutMs, signal, onLine: (line) => tell(`  ${line}`) });
  } catch (thrown) {
    tell(`taking away what was half made`);
    await takeAway(tool, kubeconfig, tell).then(
      () => own.forget(),
      (left: unknown) => tell(`${asError(left).message}; to try again: kvproof cluster down`),
    );
    throw thrown;
  }
}

/** Also after Ctrl-C, which must not leave it half made. */
export async function takeAway(tool: ClusterTool, kubeconfig: string, tell: Work["tell"]): Promise<void> {
  const args = tool.delete(kubeconfig);
  await runTool({ program: tool.name, args, timeoutMs: DELETE_MS, onLine: (line) => tell(`  ${line}`) });
  rmSync(kubeconfig, { force: true });
}

async function readyNodes(api: KubeApi, { signal, tell }: Work): Promise<number> {
  tell(`waiting for ${WANTED_NODES} nodes that take pods`);
  return waitFor(
    async () => {
      const { length } = nodesForPods(await api.nodes());
      if (length < WANTED_NODES) throw new Error(`${length} of ${WANTED_NODES}`);
      return length;
    },
    {
      describe: `${WANTED_NODES} nodes of cluster ${OWN_CLUSTER} to take pods`,
      timeoutMs: NODES_MS,
      intervalMs: LOOK_MS,
      signal,
      code: "KVP_E_CLUSTER",
    },
  );
}

/** Resolves false when this machine has no such image. */
async function load(tool: ClusterTool, image: string, api: KubeApi, work: Work): Promise<boolean> {
  const { signal, tell } = work;
  if (!isInstalled("docker")) return false;
  const asked = { program: "docker", args: ["image", "inspect", "--format", "{{.Id}}", image], timeoutMs: QUICK_MS };
  // Any exit code but 0: it is not there, or there is no engine to ask; kind and k3d then say more than docker does.
  const { code } = await runTool({ ...asked, signal, fine: Array.from({ length: 256 }, (_, i) => i) });
  if (code !== 0) return false;
  tell(`loading ${image} into every node`);
  const args = tool.load(image);
  await runTool({ program: tool.name, args, timeoutMs: LOAD_MS, signal, onLine: (line) => tell(`  ${line}`) });
  await requireImage(api, image, { signal, note: tell });
  return true;
}
