/** What nodes tell of the images that they have: whether pods of an image can start, before any is made. Pure. */
import type { V1Node } from "@kubernetes/client-node";

/** A kubelet tells of so many images, the largest, unless it is told otherwise (its nodeStatusMaxImages). */
const TOLD_IMAGES = 50;
const DEFAULT_REGISTRY = "docker.io";

export interface ImageSight {
  readonly has: readonly string[];
  /** Nodes that tell of their images, and this one is not among them. */
  readonly lacks: readonly string[];
  /** Nodes that tell of none, or of no more than their largest. */
  readonly silent: readonly string[];
}

/** As containerd and the kubelet write it: `kvproof` → `docker.io/library/kvproof:latest`. */
export function fullImageName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = named ? image : `${DEFAULT_REGISTRY}/${rest.length === 0 ? "library/" : ""}${image}`;
  return image.includes("@") || /:[^/]+$/.test(path) ? path : `${path}:latest`;
}

/** Nobody serves images under `localhost/…`: they are loaded into nodes, or they are not there. */
export function isOnlyLoaded(image: string): boolean {
  return image.startsWith("localhost/");
}

/** Nodes on which a pod without tolerations may start. */
export function nodesForPods(nodes: readonly V1Node[]): V1Node[] {
  return nodes.filter(({ spec, status }) => {
    const ready = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
    const tainted = spec?.taints?.some(({ effect }) => effect !== "PreferNoSchedule") ?? false;
    return ready && !tainted && spec?.unschedulable !== true;
  });
}

export function imageSight(nodes: readonly V1Node[], image: string): ImageSight {
  const wanted = fullImageName(image);
  const [digest] = wanted.match(/@sha256:[0-9a-f]+$/) ?? [];
  const sight = { has: [] as string[], lacks: [] as string[], silent: [] as string[] };
  for (const { metadata, status } of nodes) {
    const told = status?.images ?? [];
    const names = told.flatMap(({ names: all }) => all ?? []);
    const there = names.some((name) => name === wanted || (digest !== undefined && name.endsWith(digest)));
    const kind = there ? "has" : told.length === 0 || told.length >= TOLD_IMAGES ? "silent" : "lacks";
    sight[kind].push(metadata?.name ?? "");
  }
  return sight;
}
