/** One pod of stressors on each node that the run uses: begun together, looked at from within, deleted together. */
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { invariant } from "../../../base/errors.js";
import { runInPod } from "../cluster/run-in-pod.js";
import { LABEL, MANAGED_BY } from "../labels.js";
import { podTemplate } from "../manifests/base.js";
import { kubeName } from "../manifests/names.js";
import { plain } from "../manifests/plain.js";
import type { KubeContext } from "../pods/lab-context.js";
import { addUsage, parseUsage, type StressUsage, USAGE_SCRIPT } from "./stress-usage.js";

const RUNNING_MS = 25_000;
const GONE_MS = 30_000;
const LOOK_MS = 2_500;
const READY_CPU = "100m";

export interface StressPodsParts {
  /** Unique in the run. */
  readonly name: string;
  readonly nodes: readonly string[];
  /** Arguments of `kvproof stress`, one list per stressor. */
  readonly commands: readonly (readonly string[])[];
}

export class StressPods {
  readonly nodes: readonly string[];
  readonly #context: KubeContext;
  readonly #pods: readonly string[];
  readonly #commands: StressPodsParts["commands"];
  readonly #first: string;
  #began = 0;

  constructor(context: KubeContext, { name, nodes, commands }: StressPodsParts) {
    this.#context = context;
    this.nodes = nodes;
    this.#commands = commands;
    this.#pods = nodes.map((_, i) => kubeName("stress", `${name}-${i + 1}`));
    this.#first = "stress-1";
  }

  get elapsedS(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** All run when this resolves, or none is left. */
  async begin(): Promise<this> {
    try {
      await Promise.all(this.#pods.map((pod, i) => this.#context.api.create(this.#manifest(pod, this.nodes[i] ?? ""))));
      await Promise.all(this.#pods.map((pod) => this.#running(pod)));
    } catch (thrown) {
      await this.end();
      throw thrown;
    }
    this.#began = performance.now();
    return this;
  }

  async usage(): Promise<StressUsage> {
    const { api, namespace } = this.#context;
    const texts = await Promise.all(
      this.#pods.map((pod) =>
        runInPod(api.config, { namespace, pod, container: this.#first, script: USAGE_SCRIPT, timeoutMs: LOOK_MS }),
      ),
    );
    return addUsage(texts.map((text) => parseUsage(text.toString("utf8"))));
  }

  /** Why one is gone although nobody ended it; null = all run. */
  failure(): string | null {
    for (const name of this.#pods) {
      const pod = this.#context.watch.get(name);
      const phase = pod?.status?.phase;
      if (phase !== "Running") return `stress pod ${name}: ${pod === undefined ? "it is gone" : `phase ${phase}`}`;
    }
    return null;
  }

  async end(): Promise<void> {
    const { api, namespace, watch } = this.#context;
    await Promise.all(
      this.#pods.map(async (name) => {
        if (!(await api.delete({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace } }, 0))) return;
        const wait = { describe: `stress pod ${name} to be gone`, timeoutMs: GONE_MS, heedProblems: false };
        await watch.until(name, (pod) => pod === undefined, wait);
      }),
    );
  }

  get left(): number {
    return this.#pods.filter((name) => this.#context.watch.get(name) !== undefined).length;
  }

  #running(name: string): Promise<true> {
    const { watch, closing } = this.#context;
    return watch.until(name, (pod) => pod?.status?.phase === "Running", {
      describe: `stress pod ${name} to run`,
      timeoutMs: RUNNING_MS,
      signal: closing,
    }) as Promise<true>;
  }

  #manifest(name: string, nodeName: string): V1Pod {
    const { namespace, runId, image } = this.#context;
    const template = plain(podTemplate("lab/stress.yaml"));
    const [one] = template.spec?.containers ?? [];
    invariant(template.spec !== undefined && one !== undefined, "deploy/lab/stress.yaml has no container");
    // Burners compete with as much weight as an engine; what is only to be there must not starve beside others.
    const weight = (args: readonly string[]): object =>
      args[0] === "cpu" ? {} : { resources: { requests: { ...one.resources?.requests, cpu: READY_CPU } } };
    const container = (args: readonly string[], i: number): V1Container => ({
      ...one,
      ...weight(args),
      name: `stress-${i + 1}`,
      image,
      args: ["stress", ...args],
    });
    const labels = { ...template.metadata?.labels, [LABEL.managedBy]: MANAGED_BY, [LABEL.runId]: runId };
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels },
      // By name: a scheduler would look for a node with room.
      spec: { ...template.spec, nodeName, containers: this.#commands.map(container) },
    };
  }
}
