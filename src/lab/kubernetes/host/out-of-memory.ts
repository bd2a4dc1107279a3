/** The memory limits that containers have anyway: the kernel kills one that outgrows its own, and the kubelet says so. */
import { UnavailableError, UsageError } from "../../../base/errors.js";
import type { V1Pod } from "@kubernetes/client-node";
import type { MemoryLimit } from "../../host.js";
import { statusOf } from "../pods/pod-state.js";

const CONTAINER = "engine";
const OOM_KILLED = "OOMKilled";

export interface LimitedPods {
  /** Of an engine, as the watch tells it. */
  podOf(engine: string): V1Pod | undefined;
}

export class PodMemoryLimits implements MemoryLimit {
  readonly #pods: LimitedPods;
  /** Engine → its limit in MiB, and how often its container had been restarted. */
  readonly #limits = new Map<string, { readonly megabytes: number; readonly restarts: number }>();

  constructor(pods: LimitedPods, engines: readonly string[]) {
    this.#pods = pods;
    for (const engine of engines) this.#limits.set(engine, limitOf(engine, pods.podOf(engine)));
  }

  /** More than its limit: the process has some of it already. */
  growTo(engine: string): number {
    return this.#limits.get(engine)?.megabytes ?? 0;
  }

  kills(engine: string): number {
    const pod = this.#pods.podOf(engine);
    const status = pod && statusOf(pod, CONTAINER);
    const ended = status?.state?.terminated ?? status?.lastState?.terminated;
    const restarts = (status?.restartCount ?? 0) - (this.#limits.get(engine)?.restarts ?? 0);
    const now = status?.state?.terminated?.reason === OOM_KILLED;
    return ended?.reason === OOM_KILLED && (now || restarts > 0) ? 1 : 0;
  }

  seen(): Promise<string | null> {
    const engines = [...this.#limits.keys()];
    if (engines.some((engine) => this.kills(engine) === 0)) return Promise.resolve(null);
    const told = engines.map((engine) => `${engine} (limit ${this.#limits.get(engine)?.megabytes} MiB)`);
    return Promise.resolve(`the kernel's OOM killer ended ${told.join(", ")}: ${OOM_KILLED}, as the kubelet says`);
  }

  /** The limits are the pods' own, and stay. */
  end(): Promise<void> {
    return Promise.resolve();
  }

  gone(): Promise<string | null> {
    return Promise.resolve("the limits are the pods' own");
  }
}

const UNITS: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024 };

function limitOf(engine: string, pod: V1Pod | undefined): { megabytes: number; restarts: number } {
  if (pod === undefined) throw new UnavailableError("KVP_E_PROCESS_EXITED", `engine ${engine} does not run`);
  const limit = pod.spec?.containers.find(({ name }) => name === CONTAINER)?.resources?.limits?.memory ?? "";
  const [, number = "", unit = ""] = /^(\d+)(Mi|Gi)$/.exec(limit) ?? [];
  const megabytes = Number(number) * (UNITS[unit] ?? 0);
  if (megabytes === 0)
    throw new UsageError(
      "KVP_E_SCENARIO_IMPOSSIBLE",
      `the pod of ${engine} has no memory limit in Mi or Gi: "${limit}"`,
    );
  return { megabytes, restarts: statusOf(pod, CONTAINER)?.restartCount ?? 0 };
}
