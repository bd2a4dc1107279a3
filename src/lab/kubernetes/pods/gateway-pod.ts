/** The gateway of the Kubernetes lab: one pod over all its lives, so that a restart keeps address, port and token. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { KvproofError, UnavailableError } from "../../../base/errors.js";
import type { MarkRecord, ResourceRecord } from "../../../judge/history/records.js";
import { gatewayFlags, TOKEN_VARIABLE } from "../../local/gateway-process.js";
import type { ProcessUsage } from "../../local/process-table.js";
import type { GatewayHandle, GatewaySpec } from "../../ports.js";
import { requestWithin } from "../../request-within.js";
import { parseSamples } from "../../sut/prometheus-text.js";
import { deployFile, labAdditions, podTemplate } from "../manifests/base.js";
import { MEMBERS } from "../labels.js";
import { renderLabPod } from "../manifests/lab-pod.js";
import { GATEWAY_NAME as NAME } from "../manifests/names.js";
import { plain } from "../manifests/plain.js";
import { Keeper } from "./keeper.js";
import type { KubeContext } from "./lab-context.js";
import { PodLog } from "./pod-log.js";
import { isLeaving, isReady, lastEnd, lifeOf, statusOf } from "./pod-state.js";
import { Silence, SILENT_MS } from "./silence.js";

const CONTAINER = "gateway";
export const GATEWAY_PORT = 8080;
const READY_MS = 120_000;
const GRACEFUL_STOP_S = 12;

export class GatewayPod {
  readonly #context: KubeContext;
  readonly #token = randomBytes(16).toString("hex");
  #log: PodLog | null = null;
  #restarts = -1;
  #runs = false;
  #url = "";
  readonly #silence: Silence;
  #usage: ProcessUsage | null = null;

  constructor(context: KubeContext) {
    this.#context = context;
    this.#silence = new Silence({
      onSilent: () => undefined,
      onLong: (sinceNs) => this.#mark("answered nobody", { at: sinceNs, unasked: true }),
      onHeard: (afterMs) => this.#mark(`answers again after ${afterMs} ms`),
    });
  }

  get token(): string {
    return this.#token;
  }
  get runs(): boolean {
    return this.#runs;
  }

  async start(spec: GatewaySpec): Promise<GatewayHandle> {
    const { dir, closing } = this.#context;
    if (closing.aborted) throw new KvproofError("KVP_E_INTERRUPTED", "the gateway did not start: the run ends");
    const args = gatewayArguments(spec);
    const logFile = join(dir, "logs", "gateway.log");
    if (this.#log === null) await this.#create(args, logFile, spec.discover === true);
    else await this.#keeper.release(args);
    const pod = await this.#awaitReady();
    this.#restarts = lifeOf(pod, CONTAINER).restarts;
    const reach = await this.#context.reach();
    this.#url = `http://${await reach.at(pod, GATEWAY_PORT)}`;
    this.#runs = true;
    this.#silence.begin(this.#context.clock.nowNs());
    return { url: this.#url, adminToken: this.#token, logFile };
  }

  /** Gone when this resolves; its pod stays, and so does its address. */
  async stop(how: "graceful" | "kill"): Promise<void> {
    this.#runs = false;
    this.#silence.end();
    await this.#keeper.end(how === "kill" ? "KILL" : "TERM", GRACEFUL_STOP_S);
  }

  async freeze(): Promise<void> {
    this.#silence.end();
    await this.#keeper.signal("STOP");
  }
  async thaw(): Promise<void> {
    await this.#keeper.signal("CONT");
    this.#silence.begin(this.#context.clock.nowNs());
  }

  /** Where it runs. */
  get node(): string | undefined {
    return this.#runs ? this.#context.watch.get(NAME)?.spec?.nodeName : undefined;
  }

  /** Its node hangs or is cut off, and it with it; or does not any more. */
  standStill(still: boolean): void {
    if (still) this.#silence.end();
    else this.#silence.begin(this.#context.clock.nowNs());
  }

  /** What the watch told of its pod. */
  changed(name: string, pod: V1Pod | undefined): void {
    if (name !== NAME || !this.#runs) return;
    const state = pod && statusOf(pod, CONTAINER)?.state;
    const same = pod !== undefined && lifeOf(pod, CONTAINER).restarts === this.#restarts;
    if (pod !== undefined && !isLeaving(pod) && same && !state?.terminated && !state?.waiting) return;
    this.#runs = false;
    const why =
      pod === undefined ? "its pod is gone" : isLeaving(pod) ? "its pod is being deleted" : lastEnd(pod, CONTAINER);
    const message = `the gateway ended (${why ?? "unknown how"}) in the middle of the run`;
    this.#context.observer.gatewayLost(new UnavailableError("KVP_E_SUT_UNAVAILABLE", message));
  }

  /** Memory and CPU as its own metrics tell them. */
  async look(): Promise<void> {
    if (!this.#runs) return;
    const { clock } = this.#context;
    const askedAt = clock.nowNs();
    const text = await this.#metrics().catch(() => null);
    if (text === null) {
      if (this.#runs) this.#silence.missed(clock.nowNs());
      return;
    }
    this.#silence.heard(askedAt, clock.nowNs());
    const samples = parseSamples(text, "process_");
    const valueOf = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
    const cpuWaitSeconds = valueOf("process_cpu_wait_seconds_total");
    this.#usage = {
      rssBytes: valueOf("process_resident_memory_bytes") ?? 0,
      cpuSeconds: valueOf("process_cpu_seconds_total") ?? 0,
      ...(cpuWaitSeconds === undefined ? {} : { cpuWaitSeconds }),
    };
  }

  usage(): ResourceRecord | null {
    if (!this.#runs || this.#usage === null) return null;
    return { k: "resource", at: this.#context.clock.nowNs(), process: NAME, kind: "gateway", ...this.#usage };
  }

  async close(): Promise<void> {
    this.#runs = false;
    await this.#log?.stop();
  }

  async #metrics(): Promise<string> {
    return (await requestWithin(`${this.#url}/metrics`, { withinMs: SILENT_MS })).text;
  }

  #mark(what: string, more: Partial<MarkRecord> = {}): void {
    const { observer, clock, watch } = this.#context;
    const detail = `the gateway (on ${watch.get(NAME)?.spec?.nodeName ?? "no node"}) ${what}`;
    observer.record({ k: "mark", at: clock.nowNs(), name: "silence", detail, ...more });
  }

  get #keeper(): Keeper {
    return new Keeper(this.#context, NAME, CONTAINER);
  }

  async #create(args: readonly string[], logFile: string, discover: boolean): Promise<void> {
    const { api, namespace, runId, image } = this.#context;
    if (discover) await this.#allowDiscovery();
    const pod = renderLabPod(podTemplate("base/gateway.yaml"), labAdditions(), {
      name: NAME,
      namespace,
      runId,
      image,
      role: "gateway",
      args,
      env: [{ name: TOKEN_VARIABLE, value: this.#token }],
      ...(discover ? { serviceAccount: NAME } : {}),
    });
    this.#log = new PodLog(this.#context, { pod: NAME, container: CONTAINER, file: logFile });
    await api.create(pod);
  }

  /** It may see the pods of its namespace. */
  async #allowDiscovery(): Promise<void> {
    const { api, namespace } = this.#context;
    for (const { metadata, ...rest } of deployFile("base/gateway-access.yaml").map(plain)) {
      const subjects = "subjects" in rest ? { subjects: [{ kind: "ServiceAccount", name: NAME, namespace }] } : {};
      await api.create({ ...rest, ...subjects, metadata: { ...metadata, namespace } });
    }
  }

  #awaitReady(): Promise<V1Pod> {
    const before = this.#restarts;
    return this.#context.watch.until(
      NAME,
      (pod) => (pod !== undefined && isReady(pod) && lifeOf(pod, CONTAINER).restarts > before ? pod : null),
      {
        describe: "the gateway (pod gateway) to be ready",
        timeoutMs: READY_MS,
        signal: this.#context.closing,
        code: "KVP_E_SUT_UNAVAILABLE",
      },
    );
  }
}

function gatewayArguments(spec: GatewaySpec): string[] {
  return [
    "gateway",
    "--host=0.0.0.0",
    `--port=${GATEWAY_PORT}`,
    "--allow-remote",
    ...(spec.discover ? ["--discover=kubernetes", `--discover-selector=${MEMBERS}`] : []),
    ...gatewayFlags(spec),
  ];
}
