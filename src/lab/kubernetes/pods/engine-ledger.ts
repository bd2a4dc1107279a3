/** The ledgers of one engine over all its lives, as copies in the run directory: of the present life it follows, of past ones all. */
import { join } from "node:path";
import { delay } from "../../../base/async.js";
import { bootId } from "../../../base/boot-id.js";
import { UnavailableError } from "../../../base/errors.js";
import { fileNameOf } from "../../local/engine-pod.js";
import { STATE_FOLDER } from "../manifests/lab-pod.js";
import { type ClockOffset, measureClock } from "./clock-offset.js";
import type { Keeper } from "./keeper.js";
import type { KubeContext } from "./lab-context.js";
import { reportOf } from "./lab-client.js";
import { LedgerMirror } from "./ledger-mirror.js";

/** A deleted pod's engine ends within this, or what it wrote so far is all there is. */
const LAST_WORDS_MS = 5_000;

export class EngineLedger {
  readonly files: string[] = [];
  readonly #context: KubeContext;
  readonly #engine: string;
  #mirror: LedgerMirror | null = null;
  #name = "";
  #clock: ClockOffset = { offsetNs: 0, uncertaintyNs: 0 };

  constructor(context: KubeContext, engine: string) {
    this.#context = context;
    this.#engine = engine;
  }

  get clockUncertaintyNs(): number {
    return this.#clock.uncertaintyNs;
  }

  nameOf(epoch: number): string {
    return `${fileNameOf(this.#engine)}.${epoch}.ndjson`;
  }
  /** In its pod. */
  pathOf(epoch: number): string {
    return `${STATE_FOLDER}/${this.nameOf(epoch)}`;
  }

  /** Follows a life that has begun. */
  async begin(url: string, epoch: number): Promise<void> {
    const { labToken: token, clock, dir } = this.#context;
    this.#clock = await measureClock(() => reportOf({ url, token, engine: this.#engine }), clock, bootId);
    this.#name = this.nameOf(epoch);
    const file = join(dir, "ledger", this.#name);
    this.files.push(file);
    this.#mirror = new LedgerMirror({ url, token, file, offsetNs: this.#clock.offsetNs });
  }

  /** The process is gone: what it left unread is brought by its keeper. */
  async save(keeper: Keeper): Promise<void> {
    const mirror = this.#mirror;
    this.#mirror = null;
    await mirror?.finish((from) => keeper.tail(this.#name, from));
  }

  /** The process is about to end, and its pod with it. */
  async lastWords(keeper: Keeper): Promise<void> {
    await Promise.race([this.#mirror?.ended, delay(LAST_WORDS_MS)]);
    await this.save(keeper);
    await keeper.letGo();
  }

  /** Nobody is left who could bring the rest: only an engine that ended in order has sent all of it. */
  async asItIs(): Promise<void> {
    const mirror = this.#mirror;
    this.#mirror = null;
    const whole = await Promise.race([mirror?.ended, delay(LAST_WORDS_MS)]);
    await mirror?.abandon();
    if (whole !== true) throw new UnavailableError("KVP_E_CLUSTER", "its pod went without a word");
  }

  /** At the end of a run, of an engine that still runs: all that it wrote so far is in its copy, or this rejects. */
  async settle(keeper: Keeper): Promise<void> {
    const mirror = this.#mirror;
    this.#mirror = null;
    if (mirror === null || (await mirror.catchUp())) return;
    await mirror.finish((from) => keeper.tail(this.#name, from));
  }

  async close(): Promise<void> {
    const mirror = this.#mirror;
    this.#mirror = null;
    await mirror?.abandon();
  }
}
