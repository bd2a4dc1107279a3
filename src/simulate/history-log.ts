/** Collects the records of a simulated run, stamped with virtual time and so in order. */
import { NS_PER_MS } from "../base/clock.js";
import type { LedgerRecord } from "../base/ledger.js";
import type { HistoryRecord } from "../judge/history/records.js";
import { SIM_BOUNDS, type SimPlan } from "./sim-plan.js";
import type { VirtualTime } from "./virtual-time.js";

type Untimed<T> = T extends { readonly at: number } ? Omit<T, "at"> : never;

export class HistoryLog {
  readonly records: HistoryRecord[] = [];
  readonly #time: VirtualTime;

  constructor(time: VirtualTime, plan: SimPlan) {
    this.#time = time;
    const capabilities = { match: true, route: true, dump: true, streams: true, metrics: true, replay: true };
    const more = { lora: true, salt: true, tiers: true, proxy: true, lease_ms: null };
    this.add({
      k: "run",
      version: 1,
      scenario: `simulate/clean-${plan.seed}`,
      title: "Simulated run without faults",
      seed: plan.seed,
      lab: "simulation",
      sut: { name: "gateway cores", version: "0", capabilities: { ...capabilities, ...more } },
      bounds: {
        stalenessNs: SIM_BOUNDS.stalenessMs * NS_PER_MS,
        recoveryNs: SIM_BOUNDS.recoveryMs * NS_PER_MS,
        gapNs: SIM_BOUNDS.gapMs * NS_PER_MS,
        departureNs: SIM_BOUNDS.departureMs * NS_PER_MS,
        adapterNs: SIM_BOUNDS.adapterMs * NS_PER_MS,
      },
      models: Object.fromEntries(plan.models.map((model) => [model, { blockSize: plan.blockSize }])),
      policy: { minMatchBlocks: 1 },
      // Asked for, but not every seed has lone requests on a quiet cache.
      opportunities: { "cached-tokens-agree": 0, served: 0 },
      thresholds: {},
      checks: ["served", "cached-tokens-agree"],
      requiredMarks: [],
    });
  }

  add(record: Untimed<HistoryRecord>): void {
    this.records.push({ ...record, at: this.#time.nowNs() } as HistoryRecord);
  }

  ledger(record: LedgerRecord): void {
    this.add({ k: "ledger", ...record });
  }
}
