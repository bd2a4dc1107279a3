/**
 * How the runner reaches ports of pods: directly where their addresses answer (a runner in the cluster, or on a machine that is
 * its node), else through the API server's port-forward, so that it works from a laptop against a cluster far away.
 */
import { connect } from "node:net";
import type { KubeConfig, V1Pod } from "@kubernetes/client-node";
import { PodForward } from "./pod-forward.js";

export type ReachMode = "direct" | "forward";

/** An address that answers at all answers within this. */
const DIRECT_MS = 1_500;

export class Reach {
  readonly mode: ReachMode;
  readonly #config: KubeConfig;
  readonly #forwards = new Map<string, PodForward>();

  constructor(config: KubeConfig, mode: ReachMode) {
    this.#config = config;
    this.mode = mode;
  }

  /** `host:port` at which the runner reaches the port of the pod. A restart of its container keeps it. */
  async at(pod: V1Pod, port: number): Promise<string> {
    if (this.mode === "direct") return `${pod.status?.podIP}:${port}`;
    const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
    const key = `${uid} ${port}`;
    let forward = this.#forwards.get(key);
    if (forward === undefined) {
      forward = new PodForward(this.#config, { namespace, pod: name, port });
      this.#forwards.set(key, forward);
    }
    return `127.0.0.1:${await forward.listening}`;
  }

  /** The pod is gone. */
  forget(uid: string): void {
    for (const [key, forward] of this.#forwards) {
      if (!key.startsWith(`${uid} `)) continue;
      forward.close();
      this.#forwards.delete(key);
    }
  }

  close(): void {
    for (const forward of this.#forwards.values()) forward.close();
    this.#forwards.clear();
  }
}

/** Whether something listens there, as seen from here. */
export function answersDirectly(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), DIRECT_MS);
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
