/** The machines under a cluster's pods: stressors are pods of the run's own namespace, beside its pods, on their nodes. */
import type { V1Pod } from "@kubernetes/client-node";
import { InternalError, UsageError } from "../../../base/errors.js";
import type { HostPort, HostStrain, MemoryLimit } from "../../host.js";
import { runInPod } from "../cluster/run-in-pod.js";
import { ANNOTATION, LABEL } from "../labels.js";
import { KEEPER } from "../manifests/lab-pod.js";
import type { KubeContext } from "../pods/lab-context.js";
import { PodMemoryLimits } from "./out-of-memory.js";
import { cpuReading, diskReading, memoryReading, PodStrain } from "./pod-strains.js";
import { StressPods } from "./stress-pods.js";

const MAX_MEMORY_SHARE = 0.5;
const KIB_PER_MEGABYTE = 1024;
const FACTS = "sed -n 's/^MemAvailable:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/meminfo; grep -c ^processor /proc/cpuinfo";

interface NodeFacts {
  readonly node: string;
  readonly availableMegabytes: number;
  readonly cores: number;
}

export class PodHost implements HostPort {
  readonly #context: KubeContext;
  #count = 0;

  constructor(context: KubeContext) {
    this.#context = context;
  }

  async burnCpu({
    workers,
    loadPercent,
  }: {
    readonly workers: number;
    readonly loadPercent: number;
  }): Promise<HostStrain> {
    const facts = await this.#nodes();
    const commands = Array.from({ length: workers }, () => ["cpu", "--load", String(loadPercent)]);
    const cores = facts.reduce((sum, node) => sum + node.cores, 0);
    const asked = (workers * loadPercent * facts.length) / 100;
    return new PodStrain(await this.#stress("cpu", facts, commands), cpuReading(asked, cores));
  }

  async fillMemory({ megabytes }: { readonly megabytes: number }): Promise<HostStrain> {
    const facts = await this.#nodes();
    const small = facts.find(({ availableMegabytes }) => megabytes > availableMegabytes * MAX_MEMORY_SHARE);
    if (small !== undefined) {
      const have = `${small.availableMegabytes} MiB available on node ${small.node}`;
      const why = `${megabytes} MiB are more than half of the ${have}; the node itself must not suffer`;
      throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", why);
    }
    const commands = [["memory", "--megabytes", String(megabytes)]];
    return new PodStrain(await this.#stress("memory", facts, commands), memoryReading(megabytes * facts.length));
  }

  async stressDisk({
    workers,
    megabytes,
  }: {
    readonly workers: number;
    readonly megabytes: number;
  }): Promise<HostStrain> {
    const command = (i: number): string[] => ["disk", "--file", `/tmp/worker-${i}`, "--megabytes", String(megabytes)];
    const commands = Array.from({ length: workers }, (_, i) => command(i));
    return new PodStrain(await this.#stress("disk", await this.#nodes(), commands), diskReading);
  }

  async limitMemory(engines: readonly string[]): Promise<MemoryLimit> {
    const podOf = (engine: string): V1Pod | undefined =>
      this.#context.watch.pods().find(({ metadata }) => metadata?.annotations?.[ANNOTATION.engine] === engine);
    return new PodMemoryLimits({ podOf }, engines);
  }

  fillVolumes(): Promise<HostStrain> {
    return Promise.reject(new InternalError("the kubernetes lab fills no volumes, and says so"));
  }

  #stress(kind: string, nodes: readonly NodeFacts[], commands: readonly (readonly string[])[]): Promise<StressPods> {
    this.#count += 1;
    const parts = { name: `${kind}-${this.#count}`, nodes: nodes.map(({ node }) => node), commands };
    return new StressPods(this.#context, parts).begin();
  }

  /** Those that the run's engines and gateway run on, one look from a pod on each. */
  async #nodes(): Promise<NodeFacts[]> {
    const byNode = new Map<string, V1Pod>();
    for (const pod of this.#context.watch.pods()) {
      const node = pod.spec?.nodeName;
      const role = pod.metadata?.labels?.[LABEL.role];
      if (node !== undefined && (role === "engine" || role === "gateway")) byNode.set(node, pod);
    }
    return Promise.all([...byNode].map(([node, pod]) => this.#look(node, pod.metadata?.name ?? "")));
  }

  async #look(node: string, pod: string): Promise<NodeFacts> {
    const { api, namespace } = this.#context;
    const text = await runInPod(api.config, { namespace, pod, container: KEEPER, script: FACTS });
    const [kib = 0, cores = 1] = text.toString("utf8").trim().split("\n").map(Number);
    return { node, availableMegabytes: Math.floor(kib / KIB_PER_MEGABYTE), cores };
  }
}
