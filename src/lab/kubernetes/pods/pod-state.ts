/** What a Pod object says, as the lab needs it; pure. Traps that were met on real clusters are told at each function. */
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** One life of a container: a restart keeps the pod's name, uid and address, and loses the cache; addresses come back to others. */
export interface PodLife {
  readonly uid: string;
  readonly restarts: number;
}

export function statusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

export function lifeOf(pod: V1Pod, container: string): PodLife {
  return { uid: pod.metadata?.uid ?? "", restarts: statusOf(pod, container)?.restartCount ?? 0 };
}

export function lifeName({ uid, restarts }: PodLife): string {
  return `${uid}/${restarts}`;
}

/**
 * The condition, not `containerStatuses[].ready`: that one stays true while a crashed node is away, for nobody is there to change
 * it. A pod that is being deleted is not ready for us, whatever it says.
 */
export function isReady(pod: V1Pod): boolean {
  if (isLeaving(pod)) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

export function isLeaving(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** The container is down at this moment; `restartCount` moves only when it runs again. */
export function hasEnded(pod: V1Pod, container: string): boolean {
  const state = statusOf(pod, container)?.state;
  return state?.terminated !== undefined || state?.waiting !== undefined;
}

const IMAGE_PROBLEMS = new Set(["ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName"]);
const HOPELESS = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);

export interface PodProblem {
  readonly kind: "image" | "container";
  readonly text: string;
}

/** What will not mend by waiting; null = nothing. */
export function problemOf(pod: V1Pod): PodProblem | null {
  for (const { name, state, image } of pod.status?.containerStatuses ?? []) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    if (IMAGE_PROBLEMS.has(reason))
      return { kind: "image", text: `${image} on node ${pod.spec?.nodeName}: ${reason} ${message}`.trim() };
    if (HOPELESS.has(reason)) return { kind: "container", text: `container ${name}: ${reason} ${message}`.trim() };
  }
  return null;
}

/** How a container of the pod ended last: "exit code 137 (OOMKilled)"; null = it never did. */
export function lastEnd(pod: V1Pod, container: string): string | null {
  const status = statusOf(pod, container);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (ended === undefined) return null;
  return `exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ""}`;
}

/** For messages: phase, node, condition and container states in one line. */
export function describePod(pod: V1Pod | undefined): string {
  if (pod === undefined) return "there is no such pod";
  const { status, spec, metadata } = pod;
  const unmet = status?.conditions?.filter((one) => one.status !== "True") ?? [];
  const containers = status?.containerStatuses ?? [];
  return [
    `phase ${status?.phase ?? "unknown"}`,
    spec?.nodeName === undefined ? "on no node yet" : `on ${spec.nodeName}`,
    ...(metadata?.deletionTimestamp === undefined ? [] : ["being deleted"]),
    ...unmet.map(({ type, reason, message }) => `not ${type}${told(reason)}${told(message)}`),
    ...containers.map(
      (one) => `${one.name} ${describeState(one)}${one.restartCount > 0 ? ` after ${one.restartCount} restarts` : ""}`,
    ),
  ].join("; ");
}

function describeState({ state }: V1ContainerStatus): string {
  if (state?.running) return "runs";
  if (state?.terminated)
    return `ended with exit code ${state.terminated.exitCode}${told(state.terminated.reason)}${told(state.terminated.message)}`;
  if (state?.waiting) return `waits${told(state.waiting.reason)}${told(state.waiting.message)}`;
  return "unknown";
}

function told(text: string | undefined): string {
  return text ? ` (${text})` : "";
}
