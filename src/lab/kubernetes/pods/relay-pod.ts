/** The relay of the Kubernetes lab: one pod for all engines, told what to do over its control port. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { deferred, withTimeout } from "../../../base/async.js";
import { type KvproofError, UnavailableError } from "../../../base/errors.js";
import { type Burnt, RelayTalk } from "../../local/relay/relay-talk.js";
import type { RelayedPlace } from "../../local/relay/relayed-place.js";
import { labAdditions, podTemplate } from "../manifests/base.js";
import { renderLabPod } from "../manifests/lab-pod.js";
import type { KubeContext } from "./lab-context.js";
import { isReady } from "./pod-state.js";

const NAME = "relay";
const CONTROL_PORT = 8200;
const READY_MS = 60_000;

export interface RelayNews {
  /** A number that no consumer can get any more. */
  onBurnt(burnt: Burnt): void;
  /** All links are gone with it. */
  onLost(error: KvproofError): void;
}

export class RelayPod {
  readonly talk: RelayTalk;
  readonly #context: KubeContext;
  readonly #news: RelayNews;
  readonly #seed: number;
  #socket: Socket | null = null;
  #address = "";
  #starting: Promise<void> | null = null;
  #ending = false;

  constructor(context: KubeContext, seed: number, news: RelayNews) {
    this.#context = context;
    this.#seed = seed;
    this.#news = news;
    const alive = (): boolean => this.#socket !== null && !this.#socket.destroyed;
    const wire = {
      send: (line: string) => void this.#socket?.write(`${line}\n`),
      get alive() {
        return alive();
      },
    };
    this.talk = new RelayTalk(wire, (burnt) => news.onBurnt(burnt));
  }

  ready(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Where consumers find an engine whose pod takes no other's place. */
  place(): RelayedPlace {
    return { address: this.#address, ports: [], everywhere: true };
  }

  close(): void {
    this.#ending = true;
    this.#socket?.destroy();
  }

  async #start(): Promise<void> {
    const { api, watch, namespace, runId, image, labToken, closing } = this.#context;
    const args = ["relay", "--seed", String(this.#seed), "--control-port", String(CONTROL_PORT)];
    const env = [{ name: "KVPROOF_LAB_TOKEN", value: labToken }];
    const rendered = { name: NAME, namespace, runId, image, role: NAME, args, env };
    await api.create(renderLabPod(podTemplate("lab/relay.yaml"), labAdditions(), rendered));
    const pod = await watch.until(NAME, (seen) => (seen !== undefined && isReady(seen) ? seen : null), {
      describe: "the relay (pod relay) to be ready",
      timeoutMs: READY_MS,
      signal: closing,
    });
    this.#address = pod.status?.podIP ?? "";
    const reach = await this.#context.reach();
    await this.#connect(await reach.at(pod, CONTROL_PORT), labToken);
  }

  async #connect(at: string, token: string): Promise<void> {
    const { hostname, port } = new URL(`tcp://${at}`);
    const greeted = deferred();
    greeted.promise.catch(() => undefined);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket = socket;
    socket.write(`${token}\n`);
    createInterface({ input: socket }).on("line", (line) => {
      greeted.resolve();
      this.talk.hear(JSON.parse(line) as object);
    });
    socket.on("error", (error) => this.#lost((reason) => greeted.reject(reason), error.message));
    socket.on("close", () => this.#lost((reason) => greeted.reject(reason), "it closed the connection"));
    await withTimeout(greeted.promise, READY_MS, "the relay to take commands");
  }

  #lost(reject: (reason: unknown) => void, why: string): void {
    const error = new UnavailableError(
      "KVP_E_CLUSTER",
      `the relay (pod relay) was lost in the middle of the run: ${why}`,
    );
    reject(error);
    this.talk.lost(error);
    if (!this.#ending) this.#news.onLost(error);
    this.#ending = true;
  }
}
