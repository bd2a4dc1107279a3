/** Where a fault is to happen, as far as a manifest has to know: a namespace, the pods of its target, and those on the other side. */
import type { ChaosMode, PodSelector } from "../manifest.js";

/** How a pod is found: by its name in a running lab, by a label in a manifest that is written for later. */
export type PodRef =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "label"; readonly key: string; readonly value: string };

export interface ChaosPod {
  readonly ref: PodRef;
  /** The container that is the engine or the gateway. */
  readonly container: string;
  /** Where the volume with its ledger and log is mounted; null = it has none. */
  readonly volumePath: string | null;
  /** Of that container; null = it has no limit. */
  readonly memoryLimitMiB: number | null;
}

export interface Place {
  readonly namespace: string;
  /** Pods of the fault's target, in the target's order: of engines, or of the gateway. Empty for "host". */
  readonly targets: readonly ChaosPod[];
  /** How many of what selects the targets are meant: all, unless a label selects more pods than the target has. */
  readonly choose: ChaosMode;
  /** Whoever follows the engines. */
  readonly consumers: readonly ChaosPod[];
  /** All pods of the run. */
  readonly all: readonly ChaosPod[];
  /** The fault is aimed at the gateway, or at all of it. */
  readonly aim: "engines" | "gateway" | "host";
}

/** The place's targets, or some of them, as an experiment names them. */
export function chosen(
  { namespace, choose }: Place,
  pods: readonly ChaosPod[],
): ChaosMode & { readonly selector: PodSelector } {
  return { ...choose, selector: selectorOf(namespace, pods) };
}

/** Selects exactly these pods. All of them are found the same way. */
export function selectorOf(namespace: string, pods: readonly ChaosPod[]): PodSelector {
  const names = pods.flatMap(({ ref }) => (ref.by === "name" ? [ref.name] : []));
  if (names.length > 0) return { namespaces: [namespace], pods: { [namespace]: names } };
  const byKey = new Map<string, string[]>();
  for (const { ref } of pods) {
    if (ref.by === "label") byKey.set(ref.key, [...new Set([...(byKey.get(ref.key) ?? []), ref.value])]);
  }
  const expressionSelectors = [...byKey].map(([key, values]) => ({ key, operator: "In" as const, values }));
  return { namespaces: [namespace], expressionSelectors };
}

/** Pods that share what `of` tells of them, group by group in order of the first of each. */
export function groupedBy<T>(pods: readonly ChaosPod[], of: (pod: ChaosPod) => T): [T, ChaosPod[]][] {
  const groups = new Map<T, ChaosPod[]>();
  for (const pod of pods) groups.set(of(pod), [...(groups.get(of(pod)) ?? []), pod]);
  return [...groups];
}

/** The container of pods of one kind. Chaos Mesh looks for every container that it is named in every pod that it is named. */
export function containerOf(pods: readonly ChaosPod[]): string[] {
  return [...new Set(pods.map(({ container }) => container))].slice(0, 1);
}

/** Whether each of the pods can be selected without the others. */
export function areToldApart(pods: readonly ChaosPod[]): boolean {
  const names = pods.map(({ ref }) => (ref.by === "name" ? ref.name : `${ref.key}=${ref.value}`));
  return new Set(names).size === names.length;
}
