/** One engine of the Kubernetes lab over all its lives: in one pod while it stays in place, in another when it moves. */
import { randomBytes } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import { asError, invariant, KvproofError } from "../../../base/errors.js";
import type { EngineRecord, ResourceRecord } from "../../../judge/history/records.js";
import { engineArguments, topicOf } from "../../local/engine-arguments.js";
import { exposeThrough, type RelayedPlace } from "../../local/relay/relayed-place.js";
import type { ProcessUsage } from "../../local/process-table.js";
import type { EngineEndpoints, EngineHandle, EngineSpec, RestartChanges } from "../../ports.js";
import { engineManifest } from "../manifests/engine-manifest.js";
import { kubeName } from "../manifests/names.js";
import { awaitBack, type Starts, startsOf } from "./after-crash.js";
import { EngineLedger } from "./engine-ledger.js";
import { engineRecord } from "./engine-record.js";
import { engineSilence } from "./engine-silence.js";
import { ENGINE_PORTS, endpointsAt, POD_PLACE } from "./engine-ports.js";
import { Keeper } from "./keeper.js";
import type { KubeContext } from "./lab-context.js";
import { reportOf } from "./lab-client.js";
import { showAsMember } from "./membership.js";
import { hasEnded, isLeaving, isReady, lastEnd, lifeName, lifeOf } from "./pod-state.js";
import { type Silence, SILENT_MS } from "./silence.js";

const CONTAINER = "engine";
/** Scheduling, start, and the kubelet's back-off of up to 40 s after several restarts. */
const READY_MS = 120_000;
const GONE_MS = 60_000;
const GRACEFUL_STOP_S = 5;
const NAME_BYTES = 3;
const MAX_REASON = 160;

/** Where an engine came from, for a name that moves. */
export interface Origin {
  /** Counts on from an earlier pod of the same name. */
  readonly epoch?: number;
  readonly avoidNodes?: readonly string[];
  /** The pod of another engine that is gone: this one starts in it, at its address. */
  readonly pod?: EnginePod;
}

export class EnginePod {
  readonly spec: EngineSpec;
  readonly #context: KubeContext;
  readonly #avoidNodes: readonly string[];
  readonly #ledger: EngineLedger;
  readonly #silence: Silence;
  #name: string;
  #exists = false;
  /** Container restarts when the present or last life was last seen. */
  #restarts = -1;
  #epoch: number;
  #node: string | undefined;
  #handle: EngineHandle | null = null;
  #ending = false;
  #deathExpected = false;
  /** Its node crashed with it, and nobody has looked for its pod since then. */
  #before: Starts | null = null;
  #usage: ProcessUsage | null = null;
  #relayed: RelayedPlace | null = null;

  constructor(context: KubeContext, spec: EngineSpec, { epoch = 0, avoidNodes = [], pod }: Origin = {}) {
    this.#context = context;
    this.spec = spec;
    this.#epoch = epoch;
    this.#avoidNodes = avoidNodes;
    this.#ledger = new EngineLedger(context, spec.engine);
    this.#silence = engineSilence(context, {
      place: () => this.#place,
      record: (event, more) => this.#record(event, more),
    });
    this.#name = pod?.giveUpPlace() ?? kubeName(spec.engine, randomBytes(NAME_BYTES).toString("hex"));
    if (pod === undefined) return;
    this.#exists = true;
    this.#restarts = pod.#restarts;
    this.#relayed = pod.#relayed;
  }

  get ledgerFiles(): readonly string[] {
    return this.#ledger.files;
  }
  get podName(): string {
    return this.#name;
  }
  get epoch(): number {
    return this.#epoch;
  }
  get handle(): EngineHandle | null {
    return this.#handle;
  }
  /** Where it ran last. */
  get node(): string | undefined {
    return this.#node;
  }
  get clockUncertaintyNs(): number {
    return this.#ledger.clockUncertaintyNs;
  }

  async start(changes: RestartChanges = {}): Promise<EngineHandle> {
    invariant(this.#handle === null, `${this.spec.engine} is started twice`);
    if (this.#context.closing.aborted)
      throw new KvproofError("KVP_E_INTERRUPTED", `${this.spec.engine} did not start: the run ends`);
    this.#epoch++;
    this.#ending = false;
    this.#deathExpected = false;
    this.#record("starting");
    const args = this.#arguments(changes);
    await this.#comeBack();
    if (this.#exists) await this.#keeper.release(args);
    else await this.#create(args);
    return this.#becomeReady(await this.#awaitReady());
  }

  /** The process is gone when this resolves; for good, its pod, too. */
  async stop(how: "graceful" | "kill", forGood: boolean): Promise<void> {
    const running = this.#handle !== null;
    this.#ending = true;
    this.#handle = null;
    if (running) this.#record(how === "kill" ? "killed" : "stopping");
    if (forGood && how === "graceful" && running) {
      const { api } = this.#context;
      return this.#leaveInOrder(async () => void (await api.delete(this.#object)));
    }
    if (running) {
      await this.#keeper.end(how === "kill" ? "KILL" : "TERM", GRACEFUL_STOP_S);
      await this.#ledger.save(this.#keeper);
      this.#record("down");
    }
    if (forGood) await this.remove();
  }

  /** Through the API server's eviction; refused (KvproofError) while a disruption budget forbids it. */
  async evict(): Promise<void> {
    const { api, namespace } = this.#context;
    this.#ending = true;
    this.#handle = null;
    this.#record("stopping");
    await this.#leaveInOrder(() => api.evict(namespace, this.#name));
  }

  /** The present life may end by itself. */
  expectDeath(): void {
    this.#deathExpected = true;
  }

  async freeze(): Promise<void> {
    this.#silence.end();
    await this.#keeper.signal("STOP");
    this.#record("frozen");
  }

  async thaw(): Promise<void> {
    await this.#keeper.signal("CONT");
    this.#record("thawed");
    this.#silence.begin(this.#context.clock.nowNs());
  }

  /** Its node hangs or is cut off, and it with it; or does not any more. */
  standStill(still: boolean): void {
    if (this.#handle === null) return;
    this.#record(still ? "frozen" : "thawed");
    if (still) this.#silence.end();
    else this.#silence.begin(this.#context.clock.nowNs());
  }

  /** Its node crashed, and it with it; what it wrote is on the node's disk. */
  diedWithNode(): void {
    if (this.#handle === null) return;
    this.#ending = true;
    this.#handle = null;
    this.#before = startsOf(this.#pod);
    this.#record("killed");
    this.#record("down");
  }

  /** Whether a gateway that discovers engines may find it. A pod that is gone is found by nobody. */
  showAsMember(shown: boolean): Promise<void> {
    return showAsMember(this.#context, { pod: this.#name, engine: this.spec.engine, shown });
  }

  /** Its pod belongs to another engine from now on. */
  giveUpPlace(): string | null {
    if (!this.#exists) return null;
    this.#exists = false;
    return this.#name;
  }

  /** The pod goes, whatever runs in it. */
  async remove(): Promise<void> {
    if (!this.#exists) return;
    this.#exists = false;
    await this.#context.api.delete(this.#object, 0);
    await this.#gone();
  }

  /** What the watch told of its pod. */
  changed(pod: V1Pod | undefined): void {
    if (this.#handle === null || this.#ending) return;
    const replaced = pod === undefined || isLeaving(pod);
    if (!replaced && lifeOf(pod, CONTAINER).restarts === this.#restarts && !hasEnded(pod, CONTAINER)) return;
    void this.#lost(pod, replaced);
  }

  async look(): Promise<void> {
    const lab = this.#handle?.direct.lab;
    if (!lab) return;
    const { labToken: token, clock } = this.#context;
    const askedAt = clock.nowNs();
    try {
      const {
        monotonicNs: _,
        bootId: __,
        ...usage
      } = await reportOf({ url: lab, token, engine: this.spec.engine }, SILENT_MS);
      this.#usage = usage;
      this.#silence.heard(askedAt, clock.nowNs());
    } catch {
      if (this.#handle?.direct.lab === lab && !this.#ending) this.#silence.missed(clock.nowNs());
    }
  }

  usage(): ResourceRecord | null {
    if (this.#handle === null || this.#usage === null) return null;
    return {
      k: "resource",
      at: this.#context.clock.nowNs(),
      process: this.spec.engine,
      kind: "engine",
      ...this.#usage,
    };
  }

  /** All that it wrote so far is in the copy of its ledger, or the run knows that it is not. */
  async settle(): Promise<void> {
    this.#ending = true;
    await this.#ledger.settle(this.#keeper).catch((thrown: unknown) => this.#truthEnds(thrown));
  }

  /** Nothing is recorded any more. */
  async close(): Promise<void> {
    this.#ending = true;
    await this.#ledger.close();
  }

  get #pod(): V1Pod | undefined {
    return this.#context.watch.get(this.#name);
  }
  get #keeper(): Keeper {
    return new Keeper(this.#context, this.#name, CONTAINER);
  }
  get #object(): V1Pod {
    return { apiVersion: "v1", kind: "Pod", metadata: { name: this.#name, namespace: this.#context.namespace } };
  }

  #arguments(changes: RestartChanges): string[] {
    return engineArguments(this.spec, POD_PLACE, {
      epoch: this.#epoch,
      ledgerFile: this.#ledger.pathOf(this.#epoch),
      ...changes,
    });
  }

  async #create(args: readonly string[]): Promise<void> {
    const { namespace, runId, image, labToken, api } = this.#context;
    this.#exists = true;
    this.#restarts = -1;
    const facts = { name: this.#name, namespace, runId, image, labToken, args, avoidNodes: this.#avoidNodes };
    await api.create(engineManifest({ ...facts, engine: this.spec.engine }));
  }

  /** After a crash of its node: the end of its ledger is read, from a pod that is then at its place again, or is not there any more. */
  async #comeBack(): Promise<void> {
    const before = this.#before;
    if (before === null) return;
    this.#before = null;
    const found = await awaitBack(this.#context, this.#name, CONTAINER, before);
    const saved = found === "back" ? this.#ledger.save(this.#keeper) : this.#ledger.asItIs();
    await saved.catch((thrown: unknown) => this.#truthEnds(thrown, this.#epoch - 1));
    if (found === "gone") await this.remove();
  }

  #awaitReady(): Promise<V1Pod> {
    const { watch, closing } = this.#context;
    const before = this.#restarts;
    const newLife = (pod: V1Pod | undefined): V1Pod | null =>
      pod !== undefined && isReady(pod) && lifeOf(pod, CONTAINER).restarts > before ? pod : null;
    return watch.until(this.#name, newLife, {
      describe: `engine ${this.spec.engine} (pod ${this.#name}) to be ready`,
      timeoutMs: READY_MS,
      signal: closing,
      code: "KVP_E_ENGINE_NOT_READY",
    });
  }

  async #becomeReady(pod: V1Pod): Promise<EngineHandle> {
    const reach = await this.#context.reach();
    const life = lifeOf(pod, CONTAINER);
    this.#restarts = life.restarts;
    this.#node = pod.spec?.nodeName;
    const own = endpointsAt(pod.status?.podIP ?? "", this.spec);
    const [http, lab] = await Promise.all([reach.at(pod, ENGINE_PORTS.http), reach.at(pod, ENGINE_PORTS.lab)]);
    const direct = { ...own, http: `http://${http}`, lab: `http://${lab}` };
    await this.#ledger.begin(direct.lab, this.#epoch);
    const endpoints = await this.#exposed(own);
    this.#handle = {
      spec: this.spec,
      epoch: this.#epoch,
      endpoints,
      direct,
      topic: topicOf(this.spec),
      uid: lifeName(life),
    };
    this.#record("ready", { address: own.address });
    this.#silence.begin(this.#context.clock.nowNs());
    return this.#handle;
  }

  /** What consumers dial. */
  async #exposed(own: EngineEndpoints): Promise<EngineEndpoints> {
    const relay = this.#context.relay();
    if (relay === null) return own;
    const life = { engine: this.spec.engine, epoch: this.#epoch, direct: own };
    const { endpoints, place } = await exposeThrough(relay.talk, life, this.#relayed ?? relay.place());
    this.#relayed = place;
    return endpoints;
  }

  /** The kubelet ends the engine when `asked` has taken effect; the keeper stays until the ledger is read. */
  async #leaveInOrder(asked: () => Promise<void>): Promise<void> {
    await asked();
    this.#exists = false;
    await this.#ledger.lastWords(this.#keeper);
    this.#record("down");
    await this.#gone();
  }

  async #gone(): Promise<void> {
    const { watch, reach } = this.#context;
    const uid = this.#pod?.metadata?.uid ?? "";
    await watch.until(this.#name, (pod) => pod === undefined, {
      describe: `pod ${this.#name} to be gone`,
      timeoutMs: GONE_MS,
      heedProblems: false,
    });
    (await reach()).forget(uid);
  }

  /** It ended, or is about to, although the lab did not ask for it. */
  async #lost(pod: V1Pod | undefined, replaced: boolean): Promise<void> {
    const expected = this.#deathExpected;
    const why = pod === undefined ? "its pod is gone" : replaced ? "its pod is being deleted" : describeEnd(pod);
    this.#handle = null;
    if (replaced) this.#exists = false;
    if (replaced) this.#record("stopping");
    const words =
      pod === undefined
        ? this.#ledger.asItIs()
        : replaced
          ? this.#ledger.lastWords(this.#keeper)
          : this.#ledger.save(this.#keeper);
    await words.catch((thrown: unknown) => this.#truthEnds(thrown));
    this.#record("down", expected ? {} : { unexpected: true });
    if (expected) this.#context.observer.engineEnded(this.spec.engine);
    else this.#context.observer.engineLost(this.spec.engine, why);
  }

  get #place(): string {
    return `engine ${this.spec.engine} (pod ${this.#name} on ${this.#node ?? "no node"})`;
  }

  /** What it did at last is on record nowhere: what is found wrong with answers about it may be right. */
  #truthEnds(thrown: unknown, epoch = this.#epoch): void {
    const why = asError(thrown).message.slice(0, MAX_REASON);
    const problem = `the end of its ledger was lost, ${this.#place}: ${why}`;
    const { observer, clock } = this.#context;
    for (let rank = 0; rank < this.spec.ranks; rank++) {
      const { engine } = this.spec;
      observer.record({ k: "truth-gap", at: clock.nowNs(), engine, rank, epoch, problem });
    }
  }

  #record(event: EngineRecord["event"], more: Partial<EngineRecord> = {}): void {
    // Nobody listens where nothing runs. A relay that is gone, too, has been reported by itself.
    if (event === "down")
      void this.#context
        .relay()
        ?.talk.withdraw(this.spec.engine)
        .catch(() => undefined);
    const address = this.#pod?.status?.podIP;
    const life = { at: this.#context.clock.nowNs(), epoch: this.#epoch, event };
    const where = address === undefined ? {} : { address };
    this.#context.observer.record({ ...engineRecord(this.spec, life), ...where, ...more });
  }
}

function describeEnd(pod: V1Pod): string {
  return `its container ended: ${lastEnd(pod, CONTAINER) ?? "unknown how"}`;
}
