/** The lab in a cluster: a namespace of its own, one pod per engine and one for the gateway, reached from wherever the runner is. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { delay, mapLimit, sharedAbort } from "../../base/async.js";
import { type Clock, NS_PER_MS } from "../../base/clock.js";
import { asError, InternalError, KvproofError, UsageError } from "../../base/errors.js";
import { OWN_ROAD_MARK, type ResourceRecord } from "../../judge/history/records.js";
import type {
  CordonedNode,
  EngineHandle,
  EngineSpec,
  GatewayHandle,
  GatewaySpec,
  Lab,
  LabCapability,
  LabOptions,
  RestartChanges,
} from "../ports.js";
import type { Burnt } from "../local/relay/relay-talk.js";
import type { HostPort } from "../host.js";
import type { LinkPort } from "../links.js";
import { PodHost } from "./host/pod-host.js";
import type { FaultInjector } from "../faults/injector.js";
import type { ChaosObject } from "./chaos-mesh/chaos-object.js";
import { chaosMeshIn } from "./chaos-mesh/in-lab.js";
import type { KubeApi } from "./cluster/kube-api.js";
import { PodWatch } from "./cluster/pod-watch.js";
import { answersDirectly, Reach, type ReachMode } from "./cluster/reach.js";
import type { Gathered } from "./evidence/gather.js";
import { discoveryObjects, MODEL_OBJECT } from "./evidence/owned-objects.js";
import type { LabNamespace } from "./lab-namespace.js";
import { ClusterNodes } from "./nodes/cluster-nodes.js";
import type { NodeCommand } from "./nodes/node-command.js";
import { EnginePod } from "./pods/engine-pod.js";
import { GATEWAY_PORT, GatewayPod } from "./pods/gateway-pod.js";
import { callLab } from "./pods/lab-client.js";
import type { LabEngine } from "./pods/lab-engine.js";
import { VllmPod } from "./pods/vllm-pod.js";
import type { KubeContext } from "./pods/lab-context.js";
import { RelayPod } from "./pods/relay-pod.js";

const LOOK_EVERY_MS = 1_000;
/** Beyond so many engines a look at each costs too much to be had every second. */
const MANY_ENGINES = 24;
const LOOKS_AT_ONCE = 8;

export interface KubernetesLabParts {
  readonly options: LabOptions;
  readonly api: KubeApi;
  readonly namespace: LabNamespace;
  readonly image: string;
  readonly reach: ReachMode | "auto";
  readonly clock: Clock;
  /** Does to nodes what no API can. */
  readonly nodeCommand?: NodeCommand;
  /** Faults are caused by Chaos Mesh. */
  readonly chaosMesh?: boolean;
  readonly capabilities: ReadonlySet<LabCapability>;
}

export class KubernetesLab implements Lab {
  readonly kind = "kubernetes";
  readonly capabilities: ReadonlySet<LabCapability>;
  readonly links: LinkPort | null;
  readonly injector?: FaultInjector;
  readonly host: HostPort;
  readonly nodes?: ClusterNodes;
  readonly #context: KubeContext;
  readonly #namespace: LabNamespace;
  readonly #engines = new Map<string, LabEngine>();
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #pastLedgers: string[] = [];
  readonly #ending = sharedAbort();
  readonly #gateway: GatewayPod;
  readonly #relay: RelayPod | null;
  readonly #watch: PodWatch;
  readonly #wanted: ReachMode | "auto";
  #reach: Promise<Reach> | null = null;
  #looking: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #worstUncertaintyNs = 0;
  /** Nodes that a run which ends early must give back. */
  readonly #cordoned = new Map<string, () => Promise<void>>();
  #discovers = false;
  /** Pods are reached through the API server. */
  #forwards = false;
  readonly #chaosObjects: () => readonly ChaosObject[];

  constructor(parts: KubernetesLabParts) {
    const { options, api, namespace, image, reach, clock, capabilities, chaosMesh = false, nodeCommand } = parts;
    this.capabilities = capabilities;
    this.#namespace = namespace;
    this.#wanted = reach;
    mkdirSync(join(options.dir, "ledger"), { recursive: true });
    this.#watch = new PodWatch(api, namespace.name, {
      changed: (name, pod) => this.#changed(name, pod),
      interrupted: (forMs, why) => this.#interrupted(forMs, why),
    });
    const watch = this.#watch;
    const place = { api, namespace: namespace.name, runId: options.runId, pods: () => watch.pods() };
    const hand = chaosMesh ? chaosMeshIn(place) : null;
    this.#chaosObjects = () => hand?.objects() ?? [];
    if (hand !== null) this.injector = hand.injector;
    this.#context = {
      ...(hand === null ? {} : { kill: hand.kill }),
      api,
      watch: this.#watch,
      namespace: namespace.name,
      runId: options.runId,
      image,
      dir: options.dir,
      labToken: randomBytes(16).toString("hex"),
      clock,
      observer: options.observer,
      closing: this.#ending.signal,
      once: (name, make) => this.#shared(name, make),
      reach: () => (this.#reach ??= this.#findReach()),
      relay: () => this.#relay,
    };
    const { observer } = options;
    const news = {
      onBurnt: (burnt: Burnt) => observer.record({ k: "wire", what: "burnt", ...burnt }),
      onLost: (error: KvproofError) => observer.gatewayLost(error),
    };
    this.#relay = options.relay === true ? new RelayPod(this.#context, options.seed ?? 0, news) : null;
    this.links = this.#relay?.talk ?? null;
    this.#gateway = new GatewayPod(this.#context);
    this.host = new PodHost(this.#context);
    const residents = { engines: () => [...this.#engines.values()], gateway: this.#gateway };
    if (nodeCommand !== undefined) this.nodes = new ClusterNodes(nodeCommand, residents);
  }

  async begin(): Promise<void> {
    await this.#watch.start();
  }

  async startEngine(
    spec: EngineSpec,
    placement: { readonly reuseAddressOf?: string; readonly newAddress?: boolean } = {},
  ): Promise<EngineHandle> {
    await this.#relay?.ready();
    const previous = this.#engines.get(spec.engine);
    if (previous?.handle) throw new InternalError(`engine ${spec.engine} is running already`);
    const pod = await this.#place(spec, previous, placement);
    this.#engines.set(spec.engine, pod);
    const handle = await pod.start();
    this.#worstUncertaintyNs = Math.max(this.#worstUncertaintyNs, pod.clockUncertaintyNs);
    return handle;
  }

  async stopEngine(engine: string, how: "graceful" | "kill", forGood = false): Promise<void> {
    await this.#engine(engine).stop(how, forGood);
  }

  async restartEngine(engine: string, how: "graceful" | "kill", changes: RestartChanges = {}): Promise<EngineHandle> {
    const pod = this.#engine(engine);
    await pod.stop(how, false);
    return pod.start(changes);
  }

  async evictEngine(engine: string): Promise<void> {
    const pod = this.#engine(engine);
    if (pod.evict === undefined)
      throw new UsageError(
        "KVP_E_SCENARIO_IMPOSSIBLE",
        `engine ${engine} is no double, and is not evicted by this lab`,
      );
    await pod.evict();
  }

  async cordonNodeOf(engine: string): Promise<CordonedNode> {
    const { node } = this.#engine(engine);
    const { api } = this.#context;
    if (node === undefined) throw new InternalError(`engine ${engine} runs on no node`);
    const cordon = (unschedulable: boolean): Promise<void> =>
      api.mergePatch({ apiVersion: "v1", kind: "Node", metadata: { name: node }, spec: { unschedulable } });
    await cordon(true);
    this.#cordoned.set(node, () => cordon(false));
    const there = [...this.#engines.values()].filter((pod) => pod.handle !== null && pod.node === node);
    return {
      node,
      engines: there.map(({ spec }) => spec.engine),
      uncordon: async () => {
        await cordon(false);
        this.#cordoned.delete(node);
      },
    };
  }

  freezeEngine(engine: string): Promise<void> {
    return this.#engine(engine).freeze();
  }
  thawEngine(engine: string): Promise<void> {
    return this.#engine(engine).thaw();
  }
  expectDeath(engine: string): void {
    this.#engine(engine).expectDeath();
  }

  get membership(): NonNullable<Lab["membership"]> {
    const show = async (engine: string, shown: boolean): Promise<void> => {
      if (this.#discovers) await this.#engine(engine).showAsMember(shown);
    };
    return { announce: (engine) => show(engine, true), withdraw: (engine) => show(engine, false) };
  }

  engines(): readonly EngineHandle[] {
    return [...this.#engines.values()].flatMap((pod) => pod.handle ?? []);
  }

  async control(engine: string, path: string, body?: unknown): Promise<unknown> {
    const pod = this.#engine(engine);
    if (pod.control !== undefined) return pod.control(path, body);
    const url = pod.handle?.direct.lab;
    if (!url)
      throw new KvproofError("KVP_E_PROCESS_EXITED", `engine ${engine} is not running; /lab/${path} cannot reach it`);
    return callLab({ url, token: this.#context.labToken, engine }, path, body);
  }

  prepareAdapter(engine: string, adapter: { readonly name: string; readonly path: string }): Promise<string> {
    return Promise.resolve(this.#engine(engine).prepareAdapter?.(adapter) ?? adapter.path);
  }

  async settleTruth(): Promise<void> {
    const settled = await Promise.allSettled([...this.#engines.values()].map(async (pod) => pod.settle?.()));
    const failure = settled.find((one) => one.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  async startGateway(spec: GatewaySpec): Promise<GatewayHandle> {
    if (this.#gateway.runs) throw new InternalError("the gateway is running already");
    this.#discovers = spec.discover === true;
    const handle = await this.#gateway.start(spec);
    this.#looking ??= this.#look();
    return handle;
  }

  stopGateway(how: "graceful" | "kill"): Promise<void> {
    return this.#gateway.stop(how);
  }
  freezeGateway(): Promise<void> {
    return this.#gateway.freeze();
  }
  thawGateway(): Promise<void> {
    return this.#gateway.thaw();
  }

  ledgerFiles(): readonly string[] {
    return [...this.#pastLedgers, ...[...this.#engines.values()].flatMap((pod) => pod.ledgerFiles)];
  }

  resources(): readonly ResourceRecord[] {
    const usages = [this.#gateway.usage(), ...[...this.#engines.values()].map((pod) => pod.usage())];
    return usages.filter((usage) => usage !== null);
  }

  get clockUncertaintyNs(): number {
    return this.#worstUncertaintyNs;
  }

  /** What evidence of a failed run holds besides what the cluster knows, and what it must not hold. */
  get forEvidence(): Pick<Gathered, "secrets" | "chaosObjects" | "owned"> {
    const secrets = [this.#context.labToken, this.#gateway.token];
    const model = this.#made.has(MODEL_OBJECT.name) ? [MODEL_OBJECT] : [];
    const owned = [...model, ...(this.#discovers ? discoveryObjects() : [])];
    return { secrets, chaosObjects: this.#chaosObjects(), owned };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  settle(failed: boolean): Promise<readonly string[]> {
    return this.#namespace.settle(failed);
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    await this.nodes?.close().catch((thrown: unknown) => process.stderr.write(`${asError(thrown).message}\n`));
    await Promise.all([...this.#engines.values()].map((pod) => pod.close()));
    await this.#gateway.close();
    this.#relay?.close();
    await this.#looking;
    this.#watch.stop();
    await Promise.all([...this.#cordoned.values()].map((uncordon) => uncordon()));
    const reach = await this.#reach?.catch(() => null);
    reach?.close();
  }

  /** Decided at the first pod that runs: whether its address answers here. */
  async #findReach(): Promise<Reach> {
    const { config } = this.#context.api;
    const host = this.#watch.get("gateway")?.status?.podIP;
    const wanted = this.#wanted;
    const direct =
      wanted === "auto" ? host !== undefined && (await answersDirectly(host, GATEWAY_PORT)) : wanted === "direct";
    this.#forwards = !direct;
    return new Reach(config, direct ? "direct" : "forward");
  }

  async #place(
    spec: EngineSpec,
    previous: LabEngine | undefined,
    placement: { readonly reuseAddressOf?: string; readonly newAddress?: boolean },
  ): Promise<LabEngine> {
    if (placement.reuseAddressOf !== undefined) {
      const pod = this.#engine(placement.reuseAddressOf);
      if (pod instanceof EnginePod) return new EnginePod(this.#context, spec, { pod });
      throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${spec.engine}: a real vLLM does not take over another's pod`);
    }
    if (previous === undefined) return this.#newPod(spec);
    if (!placement.newAddress) return previous;
    const avoidNodes = previous.node === undefined ? [] : [previous.node];
    await previous.remove();
    this.#pastLedgers.push(...previous.ledgerFiles);
    return this.#newPod(spec, { epoch: previous.epoch, avoidNodes });
  }

  #newPod(spec: EngineSpec, origin: { epoch?: number; avoidNodes?: readonly string[] } = {}): LabEngine {
    if (spec.vllm === undefined) return new EnginePod(this.#context, spec, origin);
    return new VllmPod(this.#context, spec, spec.vllm, origin.epoch);
  }

  async #shared(name: string, make: () => Promise<unknown>): Promise<void> {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    await made;
  }

  #changed(name: string, pod: V1Pod | undefined): void {
    if (this.#ending.signal.aborted) return;
    this.#gateway.changed(name, pod);
    for (const engine of this.#engines.values()) if (engine.podName === name) engine.changed(pod);
  }

  #interrupted(forMs: number, why: string): void {
    const { observer, clock } = this.#context;
    const detail = `the API server did not answer for ${Math.round(forMs)} ms: ${why}`;
    // All that the run says and hears may go through it.
    const unasked = this.#forwards ? { unasked: true } : {};
    observer.record({ k: "mark", at: clock.nowNs() - forMs * NS_PER_MS, name: OWN_ROAD_MARK, detail, ...unasked });
  }

  /** What processes use, looked at in the background: {@link resources} must answer at once. */
  async #look(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await this.#gateway.look().catch(() => undefined);
      const engines = [...this.#engines.values()];
      await mapLimit(engines, LOOKS_AT_ONCE, (pod) => pod.look().catch(() => undefined));
      await delay(LOOK_EVERY_MS * (engines.length > MANY_ENGINES ? 3 : 1), this.#ending.signal);
    }
  }

  #engine(engine: string): LabEngine {
    const pod = this.#engines.get(engine);
    if (pod === undefined)
      throw new UsageError(
        "KVP_E_SCENARIO_IMPOSSIBLE",
        `there is no engine ${engine}; there are: ${[...this.#engines.keys()].join(", ")}`,
      );
    return pod;
  }
}
