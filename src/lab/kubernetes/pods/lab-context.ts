/** What all pods of one lab share. */
import type { Clock } from "../../../base/clock.js";
import type { LabObserver } from "../../ports.js";
import type { KubeApi } from "../cluster/kube-api.js";
import type { RelayPod } from "./relay-pod.js";
import type { PodWatch } from "../cluster/pod-watch.js";
import type { Reach } from "../cluster/reach.js";

export interface KubeContext {
  readonly api: KubeApi;
  readonly watch: PodWatch;
  readonly namespace: string;
  readonly runId: string;
  readonly image: string;
  /** Run directory. */
  readonly dir: string;
  readonly labToken: string;
  readonly clock: Clock;
  readonly observer: LabObserver;
  /** Kills a container in the keeper's place (Chaos Mesh). */
  readonly kill?: (pod: string, container: string) => Promise<void>;
  /** Raised when the lab ends. */
  readonly closing: AbortSignal;
  /** Makes what all pods share, by name, at its first use. */
  readonly once: (name: string, make: () => Promise<unknown>) => Promise<void>;
  /** Decided once the first pod runs. */
  readonly reach: () => Promise<Reach>;
  /** Between engines and their consumers; null = they are reached directly. */
  readonly relay: () => RelayPod | null;
}
