/** The lab on this machine: engines and gateway as child processes on loopback addresses. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { delay } from "../../base/async.js";
import type { Clock } from "../../base/clock.js";
import { InternalError, KvproofError, UsageError } from "../../base/errors.js";
import type { ResourceRecord } from "../../judge/history/records.js";
import type { LinkPort } from "../links.js";
import type {
  EngineHandle,
  EngineSpec,
  GatewayHandle,
  GatewaySpec,
  Lab,
  LabCapability,
  LabOptions,
  RestartChanges,
} from "../ports.js";
import type { AddressPool } from "./addresses.js";
import { loopbackNetwork } from "./engine-network.js";
import type { PodPlace } from "./engine-arguments.js";
import type { LabProcess } from "./child-process.js";
import { EngineGroups } from "./engine-groups.js";
import { EnginePod, type PodContext } from "./engine-pod.js";
import { type GatewayPlace, gatewayPlace } from "./gateway-process.js";
import { LocalHost } from "./host/local-host.js";
import type { Machine } from "./host/machine.js";
import { EngineNamespace } from "./netns/engine-namespace.js";
import { NamespaceLinks } from "./netns/namespace-links.js";
import { RelayProcess } from "./relay/relay-process.js";
import { RunRegistry } from "./run-registry.js";
import { StartGate } from "./start-gate.js";
import { type SutProcess, sutProcess } from "./sut-process.js";

export const LOCAL_CAPABILITIES: ReadonlySet<LabCapability> = new Set<LabCapability>([
  "engine.kill",
  "engine.freeze",
  "engine.restart-in-place",
  "engine.address-change",
  "engine.address-reuse",
  "gateway.restart",
  "gateway.freeze",
  "engine.control",
  "links",
]);

/** What every machine can do, and what this one can do besides. */
export function capabilitiesOn({ abilities }: Machine): ReadonlySet<LabCapability> {
  const here = [...abilities].flatMap(([capability, reason]) => (reason === null ? [capability] : []));
  return new Set([...LOCAL_CAPABILITIES, ...here]);
}

/** At the end of a run processes get this long to exit by themselves. */
const CLOSE_GRACE_MS = 3_000;
const CONTROL_TIMEOUT_MS = 10_000;
const MIN_STARTS_AT_ONCE = 2;

export interface LocalLabParts {
  readonly options: LabOptions;
  /** For the gateway and relays, and for engines unless they live in a namespace. */
  readonly addresses: AddressPool;
  readonly clock: Clock;
  readonly machine: Machine;
  /** Engines live in a network namespace of their own. */
  readonly netns: boolean;
}

export class LocalLab implements Lab {
  readonly kind: Lab["kind"];
  readonly capabilities: ReadonlySet<LabCapability>;
  readonly links: LinkPort | null;
  readonly host: LocalHost;
  readonly #addresses: AddressPool;
  readonly #context: PodContext;
  readonly #pods = new Map<string, EnginePod>();
  readonly #pastLedgers: string[] = [];
  readonly #ending = new AbortController();
  #gateway: SutProcess | null = null;
  #gatewayPlace: GatewayPlace | null = null;
  #closing: Promise<void> | null = null;

  readonly #relay: RelayProcess | null;
  readonly #namespace: EngineNamespace | null;

  /** Throws UnavailableError when the place that it needs cannot be made; nothing is left then. */
  constructor({ options, addresses, clock, machine, netns }: LocalLabParts) {
    this.#addresses = addresses;
    this.kind = netns ? "netns" : "local";
    this.capabilities = capabilitiesOn(machine);
    mkdirSync(join(options.dir, "ledger"), { recursive: true });
    const registry = new RunRegistry(options.runId, addresses.block);
    this.#namespace = netns ? openNamespace(registry) : null;
    this.#relay = options.relay === true && !netns ? startRelay(options, registry) : null;
    const pidOf = (engine: string): number | null => this.#pods.get(engine)?.pid ?? null;
    this.links =
      this.#namespace === null
        ? (this.#relay?.talk ?? null)
        : new NamespaceLinks({ namespace: this.#namespace, engines: () => this.engines(), pidOf, clock });
    this.host = new LocalHost({
      dir: options.dir,
      runId: options.runId,
      registry,
      machine,
      volumes: options.volumes ?? false,
      pidOf,
    });
    const labToken = randomBytes(16).toString("hex");
    this.#context = {
      relay: this.#relay,
      groups: new EngineGroups({ dir: options.dir, labToken, registry }),
      network: this.#namespace ?? loopbackNetwork(addresses),
      host: this.host,
      dir: options.dir,
      labToken,
      clock,
      registry,
      gate: new StartGate(Math.max(MIN_STARTS_AT_ONCE, availableParallelism())),
      observer: options.observer,
      closing: this.#ending.signal,
    };
  }

  async startEngine(
    spec: EngineSpec,
    placement: { readonly reuseAddressOf?: string; readonly newAddress?: boolean } = {},
  ): Promise<EngineHandle> {
    await this.#relay?.ready();
    const previous = this.#pods.get(spec.engine);
    if (previous?.alive) throw new InternalError(`engine ${spec.engine} is running already`);
    const pod = new EnginePod(this.#context, spec, this.#place(previous, placement), previous?.epoch);
    if (previous !== undefined) this.#pastLedgers.push(...previous.ledgerFiles);
    this.#pods.set(spec.engine, pod);
    return pod.start();
  }

  async stopEngine(engine: string, how: "graceful" | "kill"): Promise<void> {
    await this.#pod(engine).stop(how);
  }

  async restartEngine(engine: string, how: "graceful" | "kill", changes: RestartChanges = {}): Promise<EngineHandle> {
    const pod = this.#pod(engine);
    await pod.stop(how);
    return pod.start(changes);
  }

  freezeEngine(engine: string): Promise<void> {
    return this.#pod(engine).freeze();
  }
  thawEngine(engine: string): Promise<void> {
    return this.#pod(engine).thaw();
  }

  expectDeath(engine: string): void {
    this.#pod(engine).expectDeath();
  }

  engines(): readonly EngineHandle[] {
    return [...this.#pods.values()].flatMap((pod) => pod.handle ?? []);
  }

  async control(engine: string, path: string, body?: unknown): Promise<unknown> {
    const { handle, program } = this.#pod(engine);
    const lab = handle?.direct.lab;
    const other = handle === null ? null : program.control(path, body);
    if (other !== null) return other;
    if (!lab)
      throw new KvproofError("KVP_E_PROCESS_EXITED", `engine ${engine} is not running; /lab/${path} cannot reach it`);
    const response = await request(`${lab}/lab${path === "" ? "" : `/${path}`}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#context.labToken}` },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: CONTROL_TIMEOUT_MS,
      bodyTimeout: CONTROL_TIMEOUT_MS,
    });
    const text = await response.body.text();
    if (response.statusCode === 200) return JSON.parse(text) as unknown;
    throw new KvproofError(
      "KVP_E_BAD_REQUEST",
      `engine ${engine} refused /lab/${path} (${response.statusCode}): ${text.slice(0, 300)}`,
    );
  }

  prepareAdapter(engine: string, adapter: { readonly name: string; readonly path: string }): Promise<string> {
    return Promise.resolve(this.#pod(engine).program.prepareAdapter(adapter));
  }

  async settleTruth(): Promise<void> {
    const serving = [...this.#pods.values()].filter(({ handle }) => handle !== null);
    await Promise.all(serving.map(({ program }) => program.settle()));
  }

  async startGateway(spec: GatewaySpec): Promise<GatewayHandle> {
    if (this.#gateway !== null) throw new InternalError("the gateway is running already");
    if (this.#ending.signal.aborted)
      throw new KvproofError("KVP_E_INTERRUPTED", "the gateway did not start: the run ends");
    this.#gatewayPlace ??= gatewayPlace(this.#addresses.take());
    const gateway = sutProcess(this.#context, spec, this.#gatewayPlace);
    this.#gateway = gateway;
    const handle = await gateway.ready();
    this.#gatewayPlace = gateway.place;
    return handle;
  }

  async stopGateway(how: "graceful" | "kill"): Promise<void> {
    await this.#gateway?.stop(how);
    this.#gateway = null;
  }

  async freezeGateway(): Promise<void> {
    await this.#runningGateway().freeze();
  }
  async thawGateway(): Promise<void> {
    await this.#runningGateway().thaw();
  }

  ledgerFiles(): readonly string[] {
    return [...this.#pastLedgers, ...[...this.#pods.values()].flatMap((pod) => pod.ledgerFiles)];
  }

  resources(): readonly ResourceRecord[] {
    const pods = [...this.#pods.values()].map((pod) => pod.usage());
    const usages = [this.#gateway?.usage() ?? null, this.#relay?.usage(this.#context.clock.nowNs()) ?? null, ...pods];
    return [...usages.filter((usage) => usage !== null), ...this.#context.groups.usages(this.#context.clock.nowNs())];
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends every process now, without waiting. */
  kill(): void {
    this.#ending.abort();
    for (const process of this.#processes()) process.signal("SIGKILL");
    this.host.kill();
    try {
      this.#namespace?.close();
    } catch {
      // It stays on record: the next start takes it back.
    }
    this.#context.registry.close();
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    const processes = this.#processes();
    for (const process of processes) {
      process.signal("SIGCONT");
      process.signal("SIGTERM");
    }
    const allGone = Promise.all(processes.map((process) => process.exited));
    const early = new AbortController();
    const grace = delay(CLOSE_GRACE_MS, early.signal).then(() => {
      for (const process of processes) process.signal("SIGKILL");
    });
    await allGone;
    early.abort();
    await grace;
    await this.host.close();
    this.#namespace?.close();
    this.#context.registry.close();
  }

  #processes(): (EnginePod | SutProcess | RelayProcess | LabProcess)[] {
    const groups = this.#context.groups.all.map(({ process }) => process);
    return [this.#gateway, ...this.#pods.values(), ...groups, this.#relay].filter((process) => process !== null);
  }

  #runningGateway(): SutProcess {
    if (this.#gateway === null) throw new InternalError("no gateway runs");
    return this.#gateway;
  }

  #pod(engine: string): EnginePod {
    const pod = this.#pods.get(engine);
    if (pod === undefined)
      throw new UsageError(
        "KVP_E_SCENARIO_IMPOSSIBLE",
        `there is no engine ${engine}; there are: ${[...this.#pods.keys()].join(", ")}`,
      );
    return pod;
  }

  #place(
    previous: EnginePod | undefined,
    placement: { readonly reuseAddressOf?: string; readonly newAddress?: boolean },
  ): PodPlace {
    if (placement.reuseAddressOf !== undefined) return this.#pod(placement.reuseAddressOf).place;
    if (previous !== undefined && !placement.newAddress) return previous.place;
    const relayed = this.#relay === null ? null : { address: this.#addresses.take(), ports: [] };
    return { address: this.#context.network.take(), httpPort: 0, labPort: 0, eventsPort: 0, replayPort: 0, relayed };
  }
}

function openNamespace(registry: RunRegistry): EngineNamespace {
  const namespace = new EngineNamespace(registry);
  try {
    namespace.open();
    return namespace;
  } catch (thrown) {
    namespace.close();
    registry.close();
    throw thrown;
  }
}

/** Its links are gone with it, so that a run cannot go on without it. */
function startRelay({ dir, observer, seed = 0 }: LabOptions, registry: RunRegistry): RelayProcess {
  const relay = new RelayProcess(seed, {
    logFile: join(dir, "logs", "relay.log"),
    onBurnt: (burnt) => observer.record({ k: "wire", what: "burnt", ...burnt }),
    onLost: (error) => observer.gatewayLost(error),
  });
  const { pid } = relay;
  if (pid !== null) {
    registry.started("relay", pid);
    void relay.exited.then(() => registry.ended(pid));
  }
  return relay;
}
