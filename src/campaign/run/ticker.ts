/** Once a second a line of the series, four times a second a look for whoever watches. */
import { NS_PER_MS } from "../../base/clock.js";
import type { CampaignObserver } from "../observer.js";
import type { RunDirectory } from "../run-directory.js";
import { LiveFigures, type Second } from "./live-figures.js";
import type { LoadMeter } from "./load-meter.js";
import type { RunContext } from "./run-context.js";

const LOOK_MS = 250;
const LOOKS_PER_SECOND = 4;
/** Rough shares of a run outside its planned phases, for "of about". */
const START_PER_ENGINE_MS = 200;
const OTHER_MS = 2_000;

export interface Place {
  readonly index: number;
  readonly total: number;
}

export class Ticker {
  readonly #context: RunContext;
  readonly #meter: LoadMeter;
  readonly #directory: RunDirectory;
  readonly #observer: CampaignObserver;
  readonly #place: Place;
  readonly #figures = new LiveFigures();
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #offeredBefore = 0;
  #last: Second | null = null;

  constructor(
    context: RunContext,
    deps: { meter: LoadMeter; directory: RunDirectory; observer: CampaignObserver; place: Place },
  ) {
    this.#context = context;
    this.#meter = deps.meter;
    this.#directory = deps.directory;
    this.#observer = deps.observer;
    this.#place = deps.place;
    this.#startedAt = context.clock.nowNs();
    context.recorder.listen((record) => this.#figures.note(record));
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (++this.#looks % LOOKS_PER_SECOND === 0) this.#second();
    const { plan } = this.#context;
    const last = this.#last;
    this.#observer.progress?.({
      scenario: plan.id,
      ...this.#place,
      phase: this.#figures.phase,
      elapsedMs: this.#elapsedNs() / NS_PER_MS,
      faults: [...this.#figures.faults.values()],
      expectedMs:
        plan.warmupMs +
        plan.steadyMs +
        plan.faultMs +
        plan.healMs +
        plan.engines.length * START_PER_ENGINE_MS +
        OTHER_MS,
      ...(last === null ? {} : { offeredPerS: last.offered, achievedPerS: last.requests }),
      ...(last?.request_p50_ms ? { p50Ms: last.request_p50_ms } : {}),
      ...(last?.request_p99_ms ? { p99Ms: last.request_p99_ms } : {}),
    });
  }

  #second(): void {
    const offered = this.#meter.total - this.#offeredBefore;
    this.#offeredBefore = this.#meter.total;
    const { inFlight, fleet } = this.#context;
    this.#last = this.#figures.second(this.#elapsedNs(), {
      offered,
      inFlight: inFlight.count,
      engines: fleet.members().length,
    });
    this.#directory.second(this.#last);
  }

  #elapsedNs(): number {
    return this.#context.clock.nowNs() - this.#startedAt;
  }
}
