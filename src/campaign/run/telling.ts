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
    const { recorder, clock, sut } = this.#context;
    const signals = await sut.signals().catch(() => []);
    const at = clock.nowNs();
    for (const signal of signals) {
      const { metric, engine, rank, value } = signal;
      const key = `${metric} ${engine} ${rank}`;
      const before = this.#metrics.get(key);
      this.#metrics.set(key, signal);
      // Something that is first seen when something else is already known began at 0.
      const from = before?.value ?? 0;
      if (from === value || this.#following === null || this.#changes++ >= MAX_CHANGES) continue;
      const who = engine === undefined ? {} : { engine };
      recorder.record({ k: "metric", at, metric, from, to: value, ...who });
    }
  }
}
