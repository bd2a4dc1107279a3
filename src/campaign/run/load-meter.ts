/** How punctual the load generator was, phase by phase: a generator that is late measures itself. */
import type { Clock } from "../../base/clock.js";
import type { GeneratorRecord } from "../../judge/history/records.js";
import { LatencyHistogram } from "../../judge/statistics/histogram.js";

export class LoadMeter {
  readonly #clock: Clock;
  #offered = 0;
  #sent = 0;
  readonly #lateness = new LatencyHistogram();
  #total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests due since the run began. */
  get total(): number {
    return this.#total;
  }

  due(): void {
    this.#offered++;
    this.#total++;
  }

  started(latenessNs: number): void {
    this.#sent++;
    this.#lateness.recordNs(latenessNs);
  }

  /** Ends the account of a phase and begins the next one's. */
  phase(name: string): GeneratorRecord {
    const record: GeneratorRecord = {
      k: "generator",
      at: this.#clock.nowNs(),
      phase: name,
      offered: this.#offered,
      sent: this.#sent,
      latenessP99Ms: this.#lateness.percentileMs(99),
    };
    this.#offered = 0;
    this.#sent = 0;
    this.#lateness.reset();
    return record;
  }
}
