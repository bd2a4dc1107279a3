/** What the system under test itself tells from the first fault on: lines of its log, and metrics that change. */
import { delay, sharedAbort } from "../../base/async.js";
import type { Signal } from "../../lab/sut/port.js";
import type { RunContext } from "./run-context.js";
import { SutLog } from "./sut-log.js";

const LOOK_EVERY_MS = 100;
/** Metrics are looked at this many times less often: a page costs the system under test more than a log line. */
const LOOKS_PER_METRICS = 3;
/** A storm of lines or changes is a storm after this many, too. */
const MAX_LINES = 2_000;
const MAX_CHANGES = 5_000;

export class Telling {
  readonly #context: RunContext;
  readonly #log: SutLog;
  readonly #stop = sharedAbort();
  readonly #metrics = new Map<string, Signal>();
  #following: Promise<void> | null = null;
  #lines = 0;
  #changes = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#log = new SutLog(context.sutLogFile);
  }

  /** Looks for the first time, and goes on looking until {@link end}. */
  async begin(): Promise<void> {
    await Promise.all([this.#log.skip(), this.#lookAtMetrics()]);
    this.#following = this.#follow();
  }

  /** After a last look. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    for (let look = 1; !this.#stop.signal.aborted; look++) {
      await delay(LOOK_EVERY_MS, this.#stop.signal);
      await this.#lookAtLog();
      if (look % LOOKS_PER_METRICS === 0 || this.#stop.signal.aborted) await this.#lookAtMetrics();
    }
  }

  async #lookAtLog(): Promise<void> {
    const { recorder, clock } = this.#context;
    for (const line of await this.#log.news()) {
      if (this.#lines++ < MAX_LINES) recorder.record({ k: "log", at: clock.nowNs(), ...line });
    }
  }

  /** One that cannot be asked now is asked later; that it does not answer is others' business. */
  async #lookAtMetrics(): Promise<void> {
    const signals = await this.#context.sut.signals().catch(() => []);
    if (signals.length === 0) return;
    const gone = new Map(this.#metrics);
    for (const signal of signals) {
      const key = `${signal.metric} ${signal.engine} ${signal.rank}`;
      // Something that is first seen when something else is already known began at 0.
      this.#changed(signal, this.#metrics.get(key)?.value ?? 0, signal.value);
      this.#metrics.set(key, signal);
      gone.delete(key);
    }
    // What is not on the page any more went with its engine.
    for (const [key, signal] of gone) {
      this.#changed(signal, signal.value, 0);
      this.#metrics.delete(key);
    }
  }

  #changed({ metric, engine }: Signal, from: number, to: number): void {
    if (from === to || this.#following === null || this.#changes++ >= MAX_CHANGES) return;
    const { recorder, clock } = this.#context;
    const who = engine === undefined ? {} : { engine };
    recorder.record({ k: "metric", at: clock.nowNs(), metric, from, to, ...who });
  }
}
