/**
 * A real vLLM in a pod. It has no keeper beside it: its engine core is killed inside (the API server then ends, and with it the
 * container), and the kubelet starts it again at once, in the same pod, at the same address.
 */
import { randomBytes } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import { InternalError, invariant, KvproofError, UsageError } from "../../../base/errors.js";
import { Rng } from "../../../base/rng.js";
import type { EngineRecord, ResourceRecord } from "../../../judge/history/records.js";
import { topicOf } from "../../local/engine-arguments.js";
import { fileNameOf } from "../../local/engine-pod.js";
import type { EngineHandle, EngineSpec, VllmSpec } from "../../ports.js";
import { tinyModelFiles } from "../../vllm/tiny-model.js";
import { vllmArguments, vllmEnvironment } from "../../vllm/vllm-arguments.js";
import { VllmLife } from "../../vllm/vllm-life.js";
import { runInPod } from "../cluster/run-in-pod.js";
import { ANNOTATION } from "../labels.js";
import { podTemplate } from "../manifests/base.js";
import { kubeName, MODEL_MAP } from "../manifests/names.js";
import { MODEL_FOLDER, modelConfigMap, renderVllmPod } from "../manifests/vllm-pod.js";
import { ENGINE_PORTS, endpointsAt, EVERYWHERE } from "./engine-ports.js";
import type { KubeContext } from "./lab-context.js";
import type { LabEngine } from "./lab-engine.js";
import { showAsMember } from "./membership.js";
import { isLeaving, isReady, lastEnd, lifeName, lifeOf, statusOf } from "./pod-state.js";

const CONTAINER = "engine";
const TEMPLATE = "overlays/vllm-cpu/engine.yaml";
/** From a cold disk, several at once, on a busy machine. */
const READY_MS = 480_000;
const GONE_MS = 60_000;
const NAME_BYTES = 3;
/** Process 1 of a container cannot be killed from inside, but it ends with its engine core; it does follow SIGTERM. */
const END = {
  kill: `for p in /proc/[0-9]*; do
  if tr '\\0' ' ' < "$p/cmdline" 2>/dev/null | grep -q '^VLLM::EngineCore'; then kill -KILL "\${p#/proc/}"; fi
done
true`,
  graceful: "kill -TERM 1",
};

export class VllmPod implements LabEngine {
  readonly spec: EngineSpec;
  readonly ledgerFiles: string[] = [];
  readonly clockUncertaintyNs = 0;
  readonly #vllm: VllmSpec;
  readonly #context: KubeContext;
  readonly #rng: Rng;
  readonly #name: string;
  #exists = false;
  #restarts = -1;
  #epoch: number;
  #node: string | undefined;
  #handle: EngineHandle | null = null;
  #life: VllmLife | null = null;
  #ending = false;
  #deathExpected = false;

  constructor(context: KubeContext, spec: EngineSpec, vllm: VllmSpec, epoch = 0) {
    this.#context = context;
    this.spec = spec;
    this.#vllm = vllm;
    this.#epoch = epoch;
    this.#rng = new Rng(spec.seed);
    this.#name = kubeName(spec.engine, randomBytes(NAME_BYTES).toString("hex"));
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
  get node(): string | undefined {
    return this.#node;
  }

  async start(): Promise<EngineHandle> {
    invariant(this.#handle === null, `${this.spec.engine} is started twice`);
    if (this.#context.closing.aborted)
      throw new KvproofError("KVP_E_INTERRUPTED", `${this.spec.engine} did not start: the run ends`);
    this.#epoch++;
    this.#ending = false;
    this.#deathExpected = false;
    this.#record("starting");
    if (!this.#exists) await this.#create();
    return this.#becomeReady(await this.#awaitReady());
  }

  async stop(how: "graceful" | "kill", forGood: boolean): Promise<void> {
    const running = this.#handle !== null;
    this.#ending = true;
    this.#handle = null;
    if (running) this.#record(how === "kill" ? "killed" : "stopping");
    if (forGood) await this.#delete(how);
    else if (running) await this.#endInPlace(how);
    if (running) await this.#lifeEnded();
  }

  expectDeath(): void {
    this.#deathExpected = true;
  }

  freeze(): Promise<void> {
    throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${this.spec.engine}: a real vLLM in a pod is not frozen`);
  }
  thaw(): Promise<void> {
    return this.freeze();
  }

  showAsMember(shown: boolean): Promise<void> {
    return showAsMember(this.#context, { pod: this.#name, engine: this.spec.engine, shown });
  }

  async remove(): Promise<void> {
    if (this.#exists) await this.#delete("kill");
  }

  changed(pod: V1Pod | undefined): void {
    if (this.#handle === null || this.#ending) return;
    const replaced = pod === undefined || isLeaving(pod);
    if (!replaced && !this.#ended(pod)) return;
    this.#handle = null;
    if (replaced) this.#exists = false;
    const expected = this.#deathExpected;
    const why = replaced ? "its pod was deleted" : `its container ended: ${lastEnd(pod, CONTAINER) ?? "unknown how"}`;
    void this.#lifeEnded(expected ? {} : { unexpected: true }).then(() => {
      if (expected) this.#context.observer.engineEnded(this.spec.engine);
      else this.#context.observer.engineLost(this.spec.engine, why);
    });
  }

  look(): Promise<void> {
    return Promise.resolve();
  }
  usage(): ResourceRecord | null {
    return null;
  }

  async close(): Promise<void> {
    this.#ending = true;
    await this.#life?.ended();
  }

  async settle(): Promise<void> {
    if (this.#handle !== null) await this.#life?.settle();
  }

  control(path: string, body: unknown): Promise<unknown> {
    if (this.#life === null) throw new KvproofError("KVP_E_PROCESS_EXITED", `engine ${this.spec.engine} does not run`);
    return this.#life.control(path, body);
  }

  prepareAdapter({ name, path }: { readonly name: string; readonly path: string }): string {
    if (this.#life === null) throw new InternalError(`${this.spec.engine} is to load an adapter and does not run`);
    this.#life.adapters.load(name, path);
    return path;
  }

  get #tiny(): boolean {
    return !this.#vllm.args.includes("--model");
  }

  async #create(): Promise<void> {
    const { namespace, runId, api } = this.#context;
    if (this.#tiny) await this.#context.once(MODEL_MAP, () => api.create(modelConfigMap(namespace, tinyModelFiles())));
    this.#exists = true;
    this.#restarts = -1;
    const { http, events, replay } = ENGINE_PORTS;
    const place = { address: EVERYWHERE, httpPort: http, eventsPort: events, replayPort: replay };
    const model = { path: this.#tiny ? MODEL_FOLDER : null, adapters: this.spec.adapters };
    const { VLLM_HOST_IP: _, ...env } = vllmEnvironment(this.spec, this.#vllm, EVERYWHERE);
    await api.create(
      renderVllmPod(podTemplate(TEMPLATE), {
        name: this.#name,
        namespace,
        runId,
        vllm: this.#vllm,
        args: vllmArguments(this.spec, place, topicOf(this.spec), model),
        env,
        annotations: { [ANNOTATION.engine]: this.spec.engine },
        model: this.#tiny ? MODEL_MAP : null,
      }),
    );
  }

  #awaitReady(): Promise<V1Pod> {
    const before = this.#restarts;
    const ready = (pod: V1Pod | undefined): V1Pod | null =>
      pod !== undefined && isReady(pod) && lifeOf(pod, CONTAINER).restarts > before ? pod : null;
    return this.#context.watch.until(this.#name, ready, {
      describe: `vLLM as engine ${this.spec.engine} (pod ${this.#name}) to be ready`,
      timeoutMs: READY_MS,
      signal: this.#context.closing,
      code: "KVP_E_ENGINE_NOT_READY",
    });
  }

  async #becomeReady(pod: V1Pod): Promise<EngineHandle> {
    const reach = await this.#context.reach();
    const life = lifeOf(pod, CONTAINER);
    this.#restarts = life.restarts;
    this.#node = pod.spec?.nodeName;
    const endpoints = { ...endpointsAt(pod.status?.podIP ?? "", this.spec), lab: null };
    const http = `http://${await reach.at(pod, ENGINE_PORTS.http)}`;
    const streams = await Promise.all(
      endpoints.ranks.map(async ({ rank }) => ({
        rank,
        events: `tcp://${await reach.at(pod, ENGINE_PORTS.events + rank)}`,
        replay: `tcp://${await reach.at(pod, ENGINE_PORTS.replay + rank)}`,
      })),
    );
    const place = {
      epoch: this.#epoch,
      http,
      streams,
      topic: topicOf(this.spec),
      fileName: fileNameOf(this.spec.engine),
    };
    this.#life = new VllmLife(this.spec, place, { ...this.#context, rng: this.#rng });
    this.ledgerFiles.push(...this.#life.ledgerFiles);
    this.#handle = {
      spec: this.spec,
      epoch: this.#epoch,
      endpoints,
      direct: { ...endpoints, http },
      topic: topicOf(this.spec),
      uid: lifeName(life),
    };
    this.#record("ready", { address: endpoints.address });
    return this.#handle;
  }

  /** The container has ended; the kubelet starts the next one by itself. */
  async #endInPlace(how: "graceful" | "kill"): Promise<void> {
    const { api, namespace, watch } = this.#context;
    await runInPod(api.config, { namespace, pod: this.#name, container: CONTAINER, script: END[how] });
    await watch.until(this.#name, (pod) => pod === undefined || this.#ended(pod), {
      describe: `vLLM in pod ${this.#name} to end`,
      timeoutMs: GONE_MS,
      heedProblems: false,
    });
  }

  async #delete(how: "graceful" | "kill"): Promise<void> {
    if (!this.#exists) return;
    this.#exists = false;
    const { api, namespace, watch, reach } = this.#context;
    const uid = watch.get(this.#name)?.metadata?.uid ?? "";
    const pod: V1Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: this.#name, namespace } };
    await api.delete(pod, how === "kill" ? 0 : undefined);
    await watch.until(this.#name, (left) => left === undefined, {
      describe: `pod ${this.#name} to be gone`,
      timeoutMs: GONE_MS,
      heedProblems: false,
    });
    (await reach()).forget(uid);
  }

  async #lifeEnded(more: Partial<EngineRecord> = {}): Promise<void> {
    this.#record("down", more);
    const life = this.#life;
    this.#life = null;
    await life?.ended();
  }

  /** The container of the present life is down, or the next one has begun. */
  #ended(pod: V1Pod): boolean {
    const state = statusOf(pod, CONTAINER)?.state;
    const down = state?.terminated !== undefined || state?.waiting !== undefined;
    return down || lifeOf(pod, CONTAINER).restarts !== this.#restarts;
  }

  #record(event: EngineRecord["event"], more: Partial<EngineRecord> = {}): void {
    const { engine, model, ranks, groups, replay, events, bufferSteps: replayBatches } = this.spec;
    const address = this.#context.watch.get(this.#name)?.status?.podIP;
    const published = { ranks, groups, replay, events, replayBatches, kind: "vllm" } as const;
    const at = this.#context.clock.nowNs();
    const where = address === undefined ? {} : { address };
    this.#context.observer.record({
      k: "engine",
      at,
      engine,
      model,
      epoch: this.#epoch,
      event,
      ...where,
      ...published,
      ...more,
    });
  }
}
