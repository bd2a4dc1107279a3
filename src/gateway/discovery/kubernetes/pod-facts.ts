/**
 * What a Pod object says of an engine; pure. One life of an engine is a pod's uid and its container's restart count: names and
 * addresses come back to others, and a container that restarts keeps both, but not its cache.
 */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** Name of the engine, where the pod's own does not do. */
export const ENGINE_ANNOTATION = "kvproof.dev/engine";
const DEFAULT_PORT = 8000;
const PORT_NAME = "http";

export interface PodFacts {
  /** `<uid>/<restarts>` */
  readonly life: string;
  readonly engine: string;
  /** Where it can be asked; null = it does not serve (yet, or any more). */
  readonly http: string | null;
}

export function factsOf({ metadata, spec, status }: V1Pod): PodFacts | null {
  const { name, uid, annotations, deletionTimestamp } = metadata ?? {};
  const [container] = spec?.containers ?? [];
  if (name === undefined || uid === undefined || container === undefined) return null;
  const one = status?.containerStatuses?.find((candidate) => candidate.name === container.name);
  const port = container.ports?.find((candidate) => candidate.name === PORT_NAME)?.containerPort ?? DEFAULT_PORT;
  // The condition: a container's own "ready" stays true on a node that crashed. A pod that is being deleted serves no more.
  const ready = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
  const serves = ready === true && deletionTimestamp === undefined && status?.podIP !== undefined;
  const host = status?.podIP?.includes(":") ? `[${status.podIP}]` : status?.podIP;
  return {
    life: `${uid}/${livesOf(one)}`,
    engine: annotations?.[ENGINE_ANNOTATION] ?? name,
    http: serves ? `http://${host}:${port}` : null,
  };
}

/** Ended lives: one that is down has lost its cache, although the count moves only when the next one runs. */
function livesOf(status: V1ContainerStatus | undefined): number {
  const { restartCount = 0, state } = status ?? {};
  return state?.terminated === undefined ? restartCount : restartCount + 1;
}
