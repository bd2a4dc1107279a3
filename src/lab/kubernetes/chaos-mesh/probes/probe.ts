/** What shows that an experiment bites, seen from our side: Chaos Mesh's word that it injected something is not enough. */
import type { FaultWorld } from "../../../faults/fault.js";
import type { Place } from "../translate/place.js";

export interface EffectProbe {
  /** Evidence that it bites; null = nothing to see yet. */
  seen(): Promise<string | null>;
  /** Evidence that nothing of it is left; null = still there. */
  gone(): Promise<string | null>;
}

/** Runs JavaScript in the network, and the cgroup, of a container; `process.argv[1]` and on are the arguments. Bounded. */
export interface PodShell {
  node(pod: string, container: string, code: string, args: readonly string[]): Promise<string>;
}

export interface ProbeParts {
  readonly world: FaultWorld;
  readonly place: Place;
  readonly shell: PodShell;
  /** The fault's parameters. */
  readonly parameters: object;
}

/** What was there before: taken before anything is injected. */
export type ProbeOf = (parts: ProbeParts) => Promise<EffectProbe>;

/** Pods that are known by name, as all are in a running lab. */
export function podNames(pods: Place["targets"]): string[] {
  return pods.flatMap(({ ref }) => (ref.by === "name" ? [ref.name] : []));
}
