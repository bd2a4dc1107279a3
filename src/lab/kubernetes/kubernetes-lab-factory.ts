/** Opens labs in one cluster, which is reached, allowed and permitted before anything is made in it. */
import { type Clock, systemClock } from "../../base/clock.js";
import { asError } from "../../base/errors.js";
import type { Lab, LabCapability, LabFactory, LabOptions } from "../ports.js";
import type { InjectorRules } from "../faults/injector.js";
import { CHAOS_PERMISSIONS, requireChaosMesh } from "./chaos-mesh/require-chaos-mesh.js";
import { chaosMeshRules } from "./chaos-mesh/rules.js";
import type { InjectorName } from "./injectors.js";
import { KUBERNETES_CAPABILITIES } from "./capabilities.js";
import { type ClusterChoice, chooseCluster } from "./cluster/choose-cluster.js";
import { KubeApi } from "./cluster/kube-api.js";
import { DISCOVER_PERMISSIONS, DRAIN_PERMISSIONS, requirePermissions } from "./cluster/permissions.js";
import type { ReachMode } from "./cluster/reach.js";
import { type ImageWait, requireImage } from "./cluster/require-image.js";
import { gather } from "./evidence/gather.js";
import { endExpired } from "./expired-namespaces.js";
import { KubernetesLab } from "./kubernetes-lab.js";
import type { NodeCommand } from "./nodes/node-command.js";
import type { KeepNamespace } from "./keep-namespace.js";
import { LabNamespace } from "./lab-namespace.js";
import { repeatOptions } from "./repeat-options.js";

export interface KubernetesOptions extends ClusterChoice {
  readonly dialects: readonly string[];
  readonly image: string;
  readonly keep: KeepNamespace;
  readonly reach: ReachMode | "auto";
  /** The gateway finds engines by itself. */
  readonly discovers: boolean;
  readonly clock?: Clock;
  /** Does to nodes what no API can; absent = nobody does. */
  readonly nodeCommand?: NodeCommand;
  /** Who causes faults; default: the lab itself. */
  readonly injector?: InjectorName;
  /** How nodes are waited for that do not tell of an image yet. */
  readonly imageWait?: ImageWait;
}

export class KubernetesLabFactory implements LabFactory {
  readonly kind = "kubernetes";
  readonly capabilities: ReadonlySet<LabCapability>;
  readonly dialects: readonly string[];
  readonly discovers: boolean;
  readonly injector?: InjectorRules;
  readonly repeatOptions: readonly string[];
  readonly #api: KubeApi;
  readonly #options: KubernetesOptions;
  readonly #open = new Map<string, KubernetesLab>();

  private constructor(api: KubeApi, options: KubernetesOptions, context: string, mayDrain: boolean) {
    this.capabilities = new Set<LabCapability>([
      ...KUBERNETES_CAPABILITIES,
      ...(mayDrain ? (["node.drain"] as const) : []),
      ...(options.nodeCommand === undefined ? [] : (["node.command"] as const)),
    ]);
    this.#api = api;
    this.#options = options;
    this.dialects = options.dialects;
    this.discovers = options.discovers;
    this.repeatOptions = repeatOptions(options, context);
    if (options.injector === "chaos-mesh") this.injector = chaosMeshRules;
  }

  /**
   * Asks for all that a run needs while nothing has been made.
   * @throws UsageError KVP_E_CLUSTER_CONTEXT, UnavailableError KVP_E_CLUSTER_UNREACHABLE, KVP_E_CLUSTER_DENIED, KVP_E_CHAOS_MESH
   * or KVP_E_CLUSTER_IMAGE.
   */
  static async connect(options: KubernetesOptions): Promise<KubernetesLabFactory> {
    const { config, context } = chooseCluster(options);
    const api = new KubeApi(config);
    await api.version();
    const chaosMesh = options.injector === "chaos-mesh";
    await requirePermissions(api, [
      ...(chaosMesh ? CHAOS_PERMISSIONS : []),
      ...(options.discovers ? DISCOVER_PERMISSIONS : []),
    ]);
    if (chaosMesh) await requireChaosMesh(config);
    await requireImage(api, options.image, options.imageWait);
    const mayDrain = (await api.lacking(DRAIN_PERMISSIONS)).length === 0;
    return new KubernetesLabFactory(api, options, context, mayDrain);
  }

  reasonWithout(capability: LabCapability): string | null {
    if (this.capabilities.has(capability)) return null;
    if (capability === "node.drain") return "this user may not change nodes";
    if (capability === "node.command")
      return "no API of a cluster crashes, freezes or cuts off a node; --node-command names what does";
    if (capability === "host.disk-full") return "volumes of pods have no size that a run could use up";
    return `the kubernetes lab has no ${capability}`;
  }

  endLeftovers(): Promise<readonly string[]> {
    return endExpired(this.#api);
  }

  async open(options: LabOptions): Promise<Lab> {
    const { image, reach, keep, nodeCommand, clock = systemClock, imageWait } = this.#options;
    const api = this.#api;
    for (const other of options.images ?? []) await requireImage(api, other, imageWait);
    const namespace = new LabNamespace({
      api,
      runId: options.runId,
      keep,
      gather: (name) => {
        const own = this.#open.get(name)?.forEvidence ?? { secrets: [], chaosObjects: [], owned: [] };
        return gather(api, { namespace: name, runDir: options.dir, ...own });
      },
      onSettled: (name) => void this.#open.delete(name),
    });
    await namespace.create();
    const chaosMesh = this.injector !== undefined;
    const { capabilities } = this;
    const parts = { options, api, namespace, image, reach, clock, chaosMesh, capabilities };
    const lab = new KubernetesLab({ ...parts, ...(nodeCommand === undefined ? {} : { nodeCommand }) });
    this.#open.set(namespace.name, lab);
    try {
      await lab.begin();
      return lab;
    } catch (thrown) {
      await lab.close();
      await namespace.delete().catch((left: unknown) => process.stderr.write(`${asError(left).message}\n`));
      throw thrown;
    }
  }

  /** There is no way to delete over the network without waiting: says what is left, and that it goes by itself. */
  killAll(): void {
    for (const name of this.#open.keys())
      process.stderr.write(`namespace ${name} may be left; to clean up: kubectl delete namespace ${name}\n`);
    this.#open.clear();
  }
}
